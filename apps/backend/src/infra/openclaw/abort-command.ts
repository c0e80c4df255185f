/**
 * The messages that all known gateway versions treat as a command to abort the session's run: 2026.3.13, 2026.5.28,
 * 2026.8.2 and 2026.9.6 (`ABORT_TRIGGERS` in OpenClaw's `src/auto-reply/reply/abort.ts`). A message that is missing here
 * waits in the queue like any other.
 */
const ABORT_COMMANDS = new Set([
  'stop',
  'esc',
  'abort',
  'exit',
  'interrupt',
  'detente',
  'deten',
  'detén',
  'arrete',
  'arrête',
  '停止',
  'やめて',
  '止めて',
  'रुको',
  'توقف',
  'стоп',
  'остановись',
  'останови',
  'остановить',
  'прекрати',
  'halt',
  'anhalten',
  'aufhören',
  'hoer auf',
  'stopp',
  'pare',
  'stop openclaw',
  'openclaw stop',
  'stop action',
  'stop current action',
  'stop run',
  'stop current run',
  'stop agent',
  'stop the agent',
  "stop don't do anything",
  'stop dont do anything',
  'stop do not do anything',
  'stop doing anything',
  'do not do that',
  'please stop',
  'stop please',
]);
/** Year and month of 2026.5.28, the last known version that treats `wait` as an abort command; 2026.8.2 sends it to the model. */
const LAST_WITH_WAIT = 202605;

/** A version's year and month as a number (`2026.5.28` → 202605); 0 when the version is unknown or no release. */
export function monthOf(version: string | null | undefined): number {
  const { year, month } = version?.match(/^v?(?<year>\d{4})\.(?<month>\d{1,2})\./)?.groups ?? {};
  return year ? Number(year) * 100 + Number(month) : 0;
}

/**
 * Tells whether a message is a command to abort the agent's run: it must not wait in the queue behind that run.
 * @param version the agent's OpenClaw version; the platform's default version when unknown
 */
export function isAbortCommand(message: string, version?: string | null): boolean {
  // Same normalization as the gateway's: first line only for slash commands, no punctuation at the end.
  const text = message.trim();
  const [line = ''] = text.startsWith('/') ? text.split('\n', 1) : [text];
  const command = line
    .normalize('NFC')
    .trim()
    .toLowerCase()
    .replace(/[’`]/g, "'")
    .replace(/\s+/g, ' ')
    .replace(/[.!?…,，。;；:：'"’”)\]}]+$/u, '')
    .trim();
  return command === '/stop' || ABORT_COMMANDS.has(command) || (command === 'wait' && monthOf(version) <= LAST_WITH_WAIT);
}
