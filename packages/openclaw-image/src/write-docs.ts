import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { versionsTable } from './versions-table.ts';

// Writes the table of versions into its document; with --check it only tells whether the document is current.
const file = join(import.meta.dirname, '../../../docs/openclaw-versions.md');
const [begin, end] = [
  '<!-- Written by `pnpm openclaw:docs` from packages/openclaw-image/src/versions.ts. -->',
  '<!-- End of the table. -->',
];

const text = await readFile(file, 'utf8');
const [before, after] = [text.indexOf(begin), text.indexOf(end)];
if (before < 0 || after < before) throw new Error('docs/openclaw-versions.md does not mark the place of its table');
const current = `${text.slice(0, before + begin.length)}\n\n${versionsTable()}\n\n${text.slice(after)}`;

if (!process.argv.includes('--check')) await writeFile(file, current);
else if (current !== text) {
  console.error('docs/openclaw-versions.md is not what the table of versions says: run pnpm openclaw:docs');
  process.exitCode = 1;
} else console.log('docs/openclaw-versions.md is current');
