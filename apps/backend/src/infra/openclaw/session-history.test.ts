import { expect, test } from '@jest/globals';
import { type HistoryEntry, stripDirectives, stripUnfinishedDirectives, textOf, withoutDeliveries } from './session-history.ts';

test.each([
  ['[[reply_to_current]] Hello', 'Hello'],
  ['Hello [[ reply_to: 123 ]]there', 'Hello there'],
  ['[[audio_as_voice]]\nHello', 'Hello'],
  ['See [[Home]], a[[0]] and [x', 'See [[Home]], a[[0]] and [x'],
  ['[1, 2', '[1, 2'],
])('stripDirectives removes only the gateway’s directives from %j', (text, expected) => {
  expect(stripDirectives(text)).toBe(expected);
});

test.each([
  ['Hello [', 'Hello '],
  ['Hello [[', 'Hello '],
  ['Hello [[reply_t', 'Hello '],
  ['Hello [[reply_to: 12', 'Hello '],
  ['Hello [[audio_as_voice]', 'Hello '],
  ['Hello [[reply_to_current]] you', 'Hello you'],
  ['Hello [[Home', 'Hello [[Home'],
  ['Hello [1, 2', 'Hello [1, 2'],
])('stripUnfinishedDirectives leaves out the beginning of a directive at the end of %j', (text, expected) => {
  expect(stripUnfinishedDirectives(text)).toBe(expected);
});

test.each([
  ['[[reply_to:', 3_000],
  ['[[r', 10_000],
  ['[[ ', 10_000],
  ['[[reply_to: a', 3_000],
])('a text of many %j takes time in proportion to its length', (part, count) => {
  const msOf = (text: string) => {
    const began = performance.now();
    stripDirectives(text);
    stripUnfinishedDirectives(text);
    return performance.now() - began;
  };
  const fastest = (text: string) => Math.min(...Array.from({ length: 5 }, () => msOf(text)));
  // Eight times the text: quadratic time would be 64 times as long.
  expect(fastest(part.repeat(count * 8))).toBeLessThan(Math.max(1, fastest(part.repeat(count))) * 24);
});

// As OpenClaw 2026.8.2 answers `chat.history` after messages on Telegram.
test('withoutDeliveries leaves out what only repeats a reply of the same turn', () => {
  const reply = (text: string): HistoryEntry => ({
    role: 'assistant',
    content: [{ type: 'text', text }],
    provider: 'custom',
    model: 'echo-1',
  });
  const delivery = (text: string): HistoryEntry => ({ ...reply(text), provider: 'openclaw', model: 'delivery-mirror' });
  const entries: HistoryEntry[] = [
    { role: 'user', content: 'Hello' },
    reply('You said: Hello'),
    delivery('You said: Hello'),
    { role: 'user', content: 'Tell me something long' },
    reply('The first part.\n\nThe second part.'),
    delivery('The first part.'),
    delivery('The second part.'),
    { role: 'user', content: 'Send a picture of it' },
    delivery('The first part.'),
    reply('It is sent.'),
    { role: 'user', content: 'Again' },
    reply('You said: Hello'),
    reply('You said: Hello'),
  ];
  expect(withoutDeliveries(entries).map(({ role, content }) => `${role}: ${textOf(content)}`)).toEqual([
    'user: Hello',
    'assistant: You said: Hello',
    'user: Tell me something long',
    'assistant: The first part.\n\nThe second part.',
    'user: Send a picture of it',
    'assistant: The first part.',
    'assistant: It is sent.',
    'user: Again',
    'assistant: You said: Hello',
    'assistant: You said: Hello',
  ]);
});
