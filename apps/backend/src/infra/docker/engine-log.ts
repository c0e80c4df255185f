import type { ContainerLogLine } from './container-host.ts';

const HEADER_BYTES = 8;
/** Max characters of a line; the rest of a longer line is dropped, so that a line without an end cannot fill the memory. */
const MAX_LINE_CHARACTERS = 65_536;
const timestamp = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z /;

function parseLine(stream: ContainerLogLine['stream'], raw: string): ContainerLogLine | null {
  const match = timestamp.exec(raw);
  if (!match) return null;
  const [head, second, fraction = ''] = match;
  const at = new Date(`${second}Z`);
  const nanoseconds = fraction.padEnd(9, '0');
  const id = `${at.getTime() / 1000}${nanoseconds}`;
  return { id, at: new Date(at.getTime() + Number(nanoseconds.slice(0, 3))), stream, text: raw.slice(head.length).trimEnd() };
}

/** Converts a line's id to the engine's `since`: seconds, a point, nine digits. */
export const engineTime = (id: string): string => `${id.slice(0, -9)}.${id.slice(-9)}`;

/**
 * Parses the engine's multiplexed log. A frame is a header of eight bytes (stream, three zeros, length) and a text that
 * starts with a timestamp. A line longer than a frame continues in the next frame of its stream.
 * @returns the complete lines of each chunk together
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
export async function* logLines(chunks: AsyncIterable<Buffer> | Iterable<Buffer>): AsyncGenerator<ContainerLogLine[]> {
  let rest: Buffer = Buffer.alloc(0);
  const unfinished = { stdout: '', stderr: '' };
  for await (const chunk of chunks) {
    const lines: ContainerLogLine[] = [];
    const buffer = rest.length ? Buffer.concat([rest, chunk]) : chunk;
    let start = 0;
    // Stryker disable next-line EqualityOperator: a frame without text changes nothing
    while (buffer.length - start >= HEADER_BYTES) {
      const end = start + HEADER_BYTES + buffer.readUInt32BE(start + 4);
      if (buffer.length < end) break;
      const stream = buffer[start] === 2 ? 'stderr' : 'stdout';
      const text = buffer.toString('utf8', start + HEADER_BYTES, end);
      start = end;
      const partial = unfinished[stream];
      const isComplete = text.endsWith('\n');
      const continuation = partial ? text.replace(timestamp, '') : text;
      const raw = (partial + continuation).slice(0, MAX_LINE_CHARACTERS);
      unfinished[stream] = isComplete ? '' : raw;
      const line = isComplete && parseLine(stream, raw);
      if (line) lines.push(line);
    }
    rest = buffer.subarray(start);
    if (lines.length) yield lines;
  }
  const last = (['stdout', 'stderr'] as const).flatMap((stream) => (unfinished[stream] && parseLine(stream, unfinished[stream])) || []);
  if (last.length) yield last;
}
