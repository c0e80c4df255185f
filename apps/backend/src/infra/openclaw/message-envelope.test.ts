import { expect, test } from '@jest/globals';
import { withoutEnvelope, withoutEvents } from './message-envelope.ts';

/** What gateways of these versions sent to a model for the same message in a Telegram group. */
const SENT = {
  '2026.3.13': `Conversation info (untrusted metadata):
\`\`\`json
{ "message_id": "6", "is_group_chat": true }
\`\`\`

Sender (untrusted metadata):
\`\`\`json
{ "label": "Person (100)" }
\`\`\`

@agent are you here?

Then say so.`,
  '2026.5.28': `Conversation context (untrusted, chronological, selected for current message):
#5 Tue 2026-12-01 10:57:04 UTC Person 100: Good morning
#6 Tue 2026-12-01 10:57:05 UTC Person 100: Anybody?

@agent are you here?

Then say so.`,
  '2026.8.2': `Conversation context (chronological, selected for current message): ⟦openclaw:ctx⟧
#5 2026-12-01 10:57:04 UTC Person 100: Good morning

[Tue 2026-12-01 10:57 UTC] @agent are you here?

Then say so.

<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>
A note.
<<<END_OPENCLAW_INTERNAL_CONTEXT>>>`,
};

test.each(Object.entries(SENT))('the words of a person in a message of OpenClaw %s', (_version, sent) => {
  expect(withoutEnvelope(sent)).toBe('@agent are you here?\n\nThen say so.');
});

test('words without additions stay as they are', () => {
  const words = 'A list (untrusted, they said):\none\ntwo';
  expect(withoutEnvelope(words)).toBe(words);
});

const announced = 'System: [2026-12-01 11:16:58 UTC] Slack DM from Person: Hello one';

test.each([
  [`${announced}\n\nHello one`, 'Hello one'],
  // As `chat.history` shows it, without the blocks of JSON.
  [`${announced}\n\n\n\nHello one`, 'Hello one'],
  [`${announced}\nSystem: [2026-12-01 11:16:59 UTC] Slack reaction added\n\nHello one\n\ntwo`, 'Hello one\n\ntwo'],
  // A person's own words.
  ['System: reboot now\n\nplease', 'System: reboot now\n\nplease'],
  [`Quoted:\n${announced}\n\nHello one`, `Quoted:\n${announced}\n\nHello one`],
  [announced, announced],
])('withoutEvents leaves the person’s words of %j', (message, words) => {
  expect(withoutEvents(message)).toBe(words);
});

test('withoutEnvelope removes the announcement, the blocks of JSON and the time', () => {
  const block = 'Conversation info (untrusted metadata):\n```json\n{\n  "message_id": "1"\n}\n```';
  expect(withoutEnvelope(`${announced}\n\n${block}\n\n[Tue 2026-12-01 11:16 UTC] Hello one`)).toBe('Hello one');
});
