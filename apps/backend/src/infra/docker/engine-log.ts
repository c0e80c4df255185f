import type { ContainerLogLine } from './container-host.ts';

const HEADER_BYTES = 8;
/** What is read of one line, in characters: whoever never ends a line must not fill this process's memory. */
const MAX_LINE_CHARACTERS = 65_536;
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
 * @returns as many lines at once as came at once
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export async function* logLines(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<ContainerLogLine[]> {
  let rest: Buffer = Buffer.alloc(0);
  const unfinished = { stdout: '', stderr: '' };
  for await (const chunk of chunks) {
    const lines: ContainerLogLine[] = [];
    const buffer = rest.length ? Buffer.concat([rest, chunk]) : chunk;
    let start = 0;
    while (buffer.length - start >= HEADER_BYTES) {
      const end = start + HEADER_BYTES + buffer.readUInt32BE(start + 4);
      if (buffer.length < end) break;
      const stream = buffer[start] === 2 ? 'stderr' : 'stdout';
      const text = buffer.toString('utf8', start + HEADER_BYTES, end);
      start = end;
      const before = unfinished[stream];
      const ends = text.endsWith('\n');
      const more = before ? text.replace(stamp, '') : text;
      const whole = before.length + more.length > MAX_LINE_CHARACTERS ? (before + more).slice(0, MAX_LINE_CHARACTERS) : before + more;
      unfinished[stream] = ends ? '' : whole;
      const line = ends && parseLine(stream, whole);
      if (line) lines.push(line);
    }
    rest = buffer.subarray(start);
    if (lines.length) yield lines;
  }
  const last = (['stdout', 'stderr'] as const).flatMap((stream) => (unfinished[stream] && parseLine(stream, unfinished[stream])) || []);
  if (last.length) yield last;
}
