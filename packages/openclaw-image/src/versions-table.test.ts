import { expect, test } from '@jest/globals';
import { versionsTable } from './versions-table.ts';

const cellsOf = (version: string) => {
  const row = versionsTable()
    .split('\n')
    .find((line) => line.startsWith(`| ${version} `));
  return row?.split('|').map((cell) => cell.trim());
};

test('versionsTable leaves out what the row above says', () => {
  expect(cellsOf('2026.3.13')).toEqual(expect.arrayContaining(['22.23.3', 'none', 'JSON lines', '5 s']));
  expect(cellsOf('2026.8.1')).toEqual(expect.arrayContaining(['SQLite', '325 s']));
  expect(cellsOf('2026.8.2')).not.toEqual(expect.arrayContaining(['SQLite']));
  expect(cellsOf('2026.8.2')).not.toEqual(expect.arrayContaining(['325 s']));
});

test('versionsTable marks a version that is known bad', () => {
  expect(cellsOf('2026.3.22')?.join()).toContain('**Known bad.** The npm package lacks WhatsApp and Matrix.');
});
