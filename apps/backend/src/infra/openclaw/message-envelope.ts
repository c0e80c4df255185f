// OpenClaw prefixes a person's message with blocks about the sender and the chat, then the time. A block is JSON, or from 2026.5 on
// the chat's last messages, a line for each.
const metadata = /^[^\n]{0,200}(?:\(untrusted[^\n]{0,200}\):|⟦openclaw:ctx⟧)\n(?:```json\n[\s\S]*?\n```\n+|(?:[^\n]+\n)+\n)/;
const time = /^\[[A-Z][a-z]{2} \d{4}-\d{2}-\d{2} \d{2}:\d{2}[^\]\n]{0,40}\] /;
// OpenClaw from 2026.8 on adds notes for the model, in the message or as a message of their own.
const NOTE_BEGIN = '<<<BEGIN_OPENCLAW_INTERNAL_CONTEXT>>>';
const NOTE_END = '<<<END_OPENCLAW_INTERNAL_CONTEXT>>>';
// Some channels announce each message to the model in lines of their own before it.
const events = /^System: \[\d{4}-\d{2}-\d{2} [^\]\n]{1,40}\] [^\n]*(?:\nSystem: [^\n]*)*\n\n+/;
const runtime = /\n\nRuntime: agent=[^\n]*$/;

function withoutNotes(text: string): string {
  const begin = text.indexOf(NOTE_BEGIN);
  const end = begin === -1 ? -1 : text.indexOf(NOTE_END, begin);
  return end === -1 ? text : withoutNotes(`${text.slice(0, begin).trimEnd()}\n${text.slice(end + NOTE_END.length).trimStart()}`).trim();
}

/** A person's message without the gateway's announcements before it, such as `System: [2026-12-01 …] Slack DM from …`. */
export const withoutEvents = (message: string): string => message.replace(events, '');

/** A person's own words, without what an agent's gateway adds to them on the way to the model. */
export function withoutEnvelope(message: string): string {
  let words = withoutEvents(withoutNotes(message)).replace(runtime, '');
  while (metadata.test(words)) words = words.replace(metadata, '');
  return words.replace(time, '');
}
