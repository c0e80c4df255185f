import { expect, test } from '@jest/globals';
import { isAbortCommand } from './abort-command.ts';

// The words that the gateway of 2026.3.13 was seen to treat as an abort: OpenClaw, src/auto-reply/reply/abort.ts.
const words =
  "stop|esc|abort|exit|interrupt|detente|deten|detén|arrete|arrête|停止|やめて|止めて|रुको|توقف|стоп|остановись|останови|остановить|прекрати|halt|anhalten|aufhören|hoer auf|stopp|pare|stop openclaw|openclaw stop|stop action|stop current action|stop run|stop current run|stop agent|stop the agent|stop don't do anything|stop dont do anything|stop do not do anything|stop doing anything|do not do that|please stop|stop please".split(
    '|',
  );

test.each(words)('%s is an abort command', (word) => {
  expect(isAbortCommand(word)).toBe(true);
});

test.each([
  'STOP',
  '  stop \n',
  'stop!!',
  'Stop...',
  'stop?',
  'stop,',
  'stop…',
  '停止。',
  'stop;:\'"',
  'stop)]}',
  'please   stop',
  'please\nstop',
  'stop don’t do anything',
  'stop don`t do anything',
  'dete\u0301n',
  '/stop',
  ' /STOP!',
  '/stop\nand this line is not read',
  '\n /stop! \nand this line is not read',
  'stop !',
  ' stop! ',
])('%j is an abort command', (message) => {
  expect(isAbortCommand(message, '2026.9.6')).toBe(true);
});

test.each([
  '',
  'stop it now',
  'do not stop',
  'stop\nthe music',
  'unstop',
  'stopping',
  'hello',
  '/start',
  '/stopp',
  'a /stop',
  '!stop',
  'hello\n/stop',
  'st’op',
])('%j is a message for the model', (message) => {
  expect(isAbortCommand(message)).toBe(false);
});

// 2026.8.2 removed `wait` from the list.
test.each([
  ['2026.3.13', true],
  ['v2026.5.28', true],
  ['2026.6.1', false],
  ['2026.8.2', false],
  ['2026.10.1', false],
  ['2027.1.1', false],
  ['2025.12.1', true],
  ['latest', true],
  ['x2026.8.2', true],
  [null, true],
  [undefined, true],
])('the version %s treats `wait` as an abort command: %s', (version, aborts) => {
  expect(isAbortCommand('Wait.', version)).toBe(aborts);
  expect(isAbortCommand('wait for it', version)).toBe(false);
});
