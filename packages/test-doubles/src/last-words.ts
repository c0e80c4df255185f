// What OpenClaw puts before a message: blocks of JSON about the sender and the chat, then the time.
const metadata = /^[^\n]+\(untrusted[^\n]*\):\n```json\n[\s\S]*?\n```\n+/;
const time = /^\[[A-Z][a-z]{2} \d{4}-\d{2}-\d{2} \d{2}:\d{2}[^\]]*\] /;

/** The words that the person wrote, without the metadata and the time that an agent's gateway puts before them. */
export function lastWords(userText: string): string {
  let words = userText;
  while (metadata.test(words)) words = words.replace(metadata, '');
  return words.replace(time, '');
}
