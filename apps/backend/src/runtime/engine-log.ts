import type { ContainerLogLine } from './container-host.ts';

const HEADER_BYTES = 8;
const stamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z /;

function parseLine(stream: ContainerLogLine['stream'], raw: string): ContainerLogLine | null {
  const [head, second, fraction = ''] = stamp.exec(raw) ?? [];
  if (!head || !second) return null;
  const at = new Date(`${second}Z`);
  const nanoseconds = fraction.padEnd(9, '0');
  const id = `${at.getTime() / 1000}${nanoseconds}`;
  return { id, at: new Date(at.getTime() + Number(nanoseconds.slice(0, 3))), stream, text: raw.slice(head.length).trimEnd() };
}

/** An id of a line as the engine's `since`: seconds, a point, nine digits. */
export const engineTime = (id: string): string => `${id.slice(0, -9)}.${id.slice(-9)}`;

/**
 * Takes the engine's multiplexed log apart: frames of eight bytes header (stream, three zeros, length) and text that
 * begins with a time; a line longer than a frame goes on in the next frame of its stream.
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export async function* logLines(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<ContainerLogLine> {
  let rest: Buffer = Buffer.alloc(0);
  const unfinished = { stdout: '', stderr: '' };
  for await (const chunk of chunks) {
    rest = rest.length ? Buffer.concat([rest, chunk]) : chunk;
    while (rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + rest.readUInt32BE(4);
      if (rest.length < end) break;
      const stream = rest[0] === 2 ? 'stderr' : 'stdout';
      const text = rest.toString('utf8', HEADER_BYTES, end);
      rest = rest.subarray(end);
      const whole = unfinished[stream] + (unfinished[stream] ? text.replace(stamp, '') : text);
      unfinished[stream] = whole.endsWith('\n') ? '' : whole;
      if (unfinished[stream]) continue;
      const line = parseLine(stream, whole);
      if (line) yield line;
    }
  }
  for (const stream of ['stdout', 'stderr'] as const) {
    const line = unfinished[stream] && parseLine(stream, unfinished[stream]);
    if (line) yield line;
  }
}
