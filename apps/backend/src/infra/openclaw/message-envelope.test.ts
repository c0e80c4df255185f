import { expect, test } from '@jest/globals';
import { withoutEnvelope } from './message-envelope.ts';

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
