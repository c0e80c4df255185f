import Docker from 'dockerode';
import { assertion } from './backend.ts';

export interface LogEvent {
  id?: string;
  data: { type: string; text?: string; agentId?: string; code?: number };
  /** The time of receipt, in ms. */
  at: number;
}

/** Opens the live log of an agent as a signed-in user and collects the events. */
export async function openLogView(url: string, user: string, agentId: string, lastEventId?: string) {
  const abort = new AbortController();
  const response = await fetch(`${url}/api/logs/${agentId}/stream`, {
    headers: { authorization: `Bearer ${await assertion(user)}`, ...(lastEventId && { 'last-event-id': lastEventId }) },
    signal: abort.signal,
  });
  const events: LogEvent[] = [];
  const ended = (async () => {
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      const at = Date.now();
      text += Buffer.from(chunk).toString();
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = Object.fromEntries(
          block.split('\n').map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
        );
        if (fields.event === 'line') events.push({ ...(fields.id && { id: fields.id }), data: JSON.parse(fields.data ?? ''), at });
      }
    }
  })().catch(() => undefined);
  return {
    response,
    events,
    ended,
    texts: () => events.flatMap(({ data }) => (data.type === 'line' ? [data.text ?? ''] : [])),
    leave: () => abort.abort(),
    async until(wanted: (event: LogEvent) => boolean, ms = 60_000): Promise<LogEvent> {
      for (const end = Date.now() + ms; Date.now() < end; ) {
        const found = events.find(wanted);
        if (found) return found;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      throw new Error(`Not seen among ${JSON.stringify(events.slice(-5)).slice(0, 1_000)}`);
    },
  };
}

/** Matches an event with exactly this line. */
export const hasText =
  (text: string) =>
  ({ data }: LogEvent) =>
    data.text === text;

/** Runs a Node.js script in an agent's container; its function `say` writes a line to the container's stdout. */
export async function runInContainer(agentId: string, script: string): Promise<void> {
  const say = "const out = require('fs').openSync('/proc/1/fd/1', 'w'); const say = (t) => require('fs').writeSync(out, t + '\\n');";
  const exec = await new Docker()
    .getContainer(`openclaw-${agentId}`)
    .exec({ Cmd: ['node', '-e', `${say} (async () => { ${script} })()`], User: '1000', AttachStdout: true });
  const stream = await exec.start({});
  await new Promise((resolve) => stream.on('end', resolve).resume());
}
