import { type Content, textOf } from './dialect.ts';

// What OpenClaw puts before a message: blocks of JSON about the sender and the chat, then the time.
const metadata = /^[^\n]+\(untrusted[^\n]*\):\n```json\n[\s\S]*?\n```\n+/;
const time = /^\[[A-Z][a-z]{2} \d{4}-\d{2}-\d{2} \d{2}:\d{2}[^\]]*\] /;
// What OpenClaw from 2026.8 on adds to it, or sends as a message of its own: notes for the model alone.
const internal = /\n*<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>[\s\S]*?<<<END_OPENCLAW_INTERNAL_CONTEXT>>>\n*/g;
const runtime = /\n\nRuntime: agent=[^\n]*$/;

/** The words that the person wrote, without what an agent's gateway puts around them. */
export function lastWords(userText: string): string {
  let words = userText.replace(internal, '').replace(runtime, '');
  while (metadata.test(words)) words = words.replace(metadata, '');
  return words.replace(time, '');
}

/** The last of the user's messages in which the person says something; empty when there is none. */
export const lastSaid = (contents: Content[]): string => contents.map(textOf).findLast((text) => lastWords(text) !== '') ?? '';
