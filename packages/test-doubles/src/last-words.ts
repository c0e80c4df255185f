import { type Content, textOf } from './dialect.ts';

// OpenClaw prefixes a message with blocks about the sender and the chat, then the time. A block is JSON, or from 2026.5 on the
// chat's last messages, a line for each.
const metadata = /^[^\n]+(?:\(untrusted[^\n]*\):|⟦openclaw:ctx⟧)\n(?:```json\n[\s\S]*?\n```\n+|(?:[^\n]+\n)+\n)/;
const time = /^\[[A-Z][a-z]{2} \d{4}-\d{2}-\d{2} \d{2}:\d{2}[^\]]*\] /;
// OpenClaw from 2026.8 on adds notes for the model, in the message or as a message of their own.
const internal = /\n*<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>[\s\S]*?<<<END_OPENCLAW_INTERNAL_CONTEXT>>>\n*/g;
const heading = /^OpenClaw runtime context for [^\n]+\nThis context is runtime-generated[^\n]*\s*$/;
// OpenClaw announces each message from Slack in a line before it.
const events = /^(?:System: [^\n]*\n)+\n+/;
const runtime = /\n\nRuntime: agent=[^\n]*$/;

/** The person's text, without the additions of the agent's gateway. */
export function lastWords(userText: string): string {
  let words = userText.replace(internal, '').replace(runtime, '').replace(heading, '').replace(events, '');
  while (metadata.test(words)) words = words.replace(metadata, '');
  return words.replace(time, '');
}

/** The last user message that contains text of the person; empty when there is none. */
export const lastPersonText = (contents: Content[]): string => contents.map(textOf).findLast((text) => lastWords(text) !== '') ?? '';
