/**
 * The messages that a gateway takes for a command to end the session's run, as far as all known versions agree: 2026.3.13,
 * 2026.5.28, 2026.8.2 and 2026.9.6 (`ABORT_TRIGGERS` in OpenClaw's `src/auto-reply/reply/abort.ts`). A message that is
 * missing here is sent in its turn, and the gateway's own answer says what became of it.
 */
const WORDS = new Set([
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
/** 2026.5.28 is the last known version that takes `wait` for such a command; 2026.8.2 sends it to the model. */
const LAST_WITH_WAIT = 202605;

function monthOf(version: string): number {
  const [, year, month] = /^v?(\d{4})\.(\d{1,2})\./.exec(version) ?? [];
  return year ? Number(year) * 100 + Number(month) : 0;
}

/**
 * Whether a message is a command to end what the agent is doing, and so must not wait behind it.
 * @param version of the agent's OpenClaw; without one, as in the platform's default version
 */
export function isAbortCommand(message: string, version?: string | null): boolean {
  // The gateway reads the first line of a slash command only, and drops these marks at the end.
  const [line = ''] = message.trim().startsWith('/') ? message.trim().split('\n') : [message];
  const words = line
    .normalize('NFC')
    .trim()
    .toLowerCase()
    .replace(/[’`]/g, "'")
    .replace(/\s+/g, ' ')
    .replace(/[.!?…,，。;；:：'"’”)\]}]+$/u, '')
    .trim();
  return words === '/stop' || WORDS.has(words) || (words === 'wait' && monthOf(version ?? '') <= LAST_WITH_WAIT);
}
