import { expect, test } from '@jest/globals';
import { createLiveText } from './reply-text.ts';

test('createLiveText joins the texts around calls of tools with a blank line', () => {
  const live = createLiveText();
  expect(live.add('First', 'First')).toBe('First');
  expect(live.add('First step.', ' step.')).toBe('First step.');
  expect(live.add('Second', 'Second')).toBe('First step.\n\nSecond');
  expect(live.add('Second step.', ' step.')).toBe('First step.\n\nSecond step.');
  expect(live.add('Done.', 'Done.')).toBe('First step.\n\nSecond step.\n\nDone.');
});

test('createLiveText takes a text that another one corrects, and drops what came of an attempt before a restart', () => {
  const live = createLiveText();
  live.add('Use <fin', 'Use <fin');
  expect(live.add('Use  too', ' too')).toBe('Use  too');
  live.restart();
  expect(live.add('Anew', 'Anew')).toBe('Anew');
});
