import { describe, expect, test } from '@jest/globals';
import { engineTime, logLines } from './engine-log.ts';

/**
 * A frame of the engine's log: stream, three zeros, length, text.
 * @see https://docs.docker.com/reference/api/engine/version/v1.41/#tag/Container/operation/ContainerAttach
 */
function frame(stream: 0 | 1 | 2, text: string): Buffer {
  const content = Buffer.from(text);
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(content.length, 4);
  return Buffer.concat([header, content]);
}

/** The lines of each chunk that has any. */
async function read(...chunks: Buffer[]) {
  const batches = [];
  for await (const batch of logLines(chunks)) batches.push(batch);
  return batches;
}
const textsOf = async (...chunks: Buffer[]) => (await read(...chunks)).flat().map(({ text }) => text);

// `date -u -d @1774000000` is 20 March 2026, 09:46:40.
const at = '2026-03-20T09:46:40';

describe('logLines', () => {
  test('reads stream, text and time, with nanoseconds in the id', async () => {
    expect(await read(frame(1, `${at}.123456789Z hello\n`))).toEqual([
      [{ id: '1774000000123456789', at: new Date('2026-03-20T09:46:40.123Z'), stream: 'stdout', text: 'hello' }],
    ]);
    expect(await read(frame(2, `${at}Z {"a": 1} \r\n`))).toEqual([
      [{ id: '1774000000000000000', at: new Date('2026-03-20T09:46:40Z'), stream: 'stderr', text: '{"a": 1}' }],
    ]);
  });

  test.each([
    ['.5Z', '500000000'],
    ['.000000001Z', '000000001'],
    ['.12345678Z', '123456780'],
  ])('reads the fraction of a second in %s as %s ns', async (fraction, nanoseconds) => {
    const [[line] = []] = await read(frame(1, `${at}${fraction} x\n`));
    expect(line?.id).toBe(`1774000000${nanoseconds}`);
    expect(line?.at.getMilliseconds()).toBe(Number(nanoseconds.slice(0, 3)));
  });

  test('returns the lines of a chunk together, and nothing for a chunk without one', async () => {
    const [first, second] = [frame(1, `${at}Z a\n`), frame(2, `${at}Z b\n`)];
    expect((await read(Buffer.concat([first, second]), first.subarray(0, 12), first.subarray(12))).map(({ length }) => length)).toEqual([
      2, 1,
    ]);
    expect(await read()).toEqual([]);
  });

  test.each([1, 3, 7, 8, 9, 40])('reads frames that are cut into chunks of %d bytes', async (size) => {
    const whole = Buffer.concat(['eins', 'zwölf 🎧', ''].map((text) => frame(1, `${at}Z ${text}\n`)));
    const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => whole.subarray(i * size, (i + 1) * size));
    expect(await textsOf(...chunks)).toEqual(['eins', 'zwölf 🎧', '']);
  });

  test('joins a line that is longer than a frame, while the other stream goes on', async () => {
    const lines = await read(
      frame(1, `${at}.1Z first, `),
      frame(2, `${at}.2Z other\n`),
      // The engine repeats the time at the head of each frame.
      frame(1, `${at}.3Z second, `),
      frame(1, 'third\n'),
      frame(1, `${at}.4Z next\n`),
    );
    expect(lines.flat().map(({ id, stream, text }) => [id.slice(-9), stream, text])).toEqual([
      ['200000000', 'stderr', 'other'],
      ['100000000', 'stdout', 'first, second, third'],
      ['400000000', 'stdout', 'next'],
    ]);
  });

  test('drops what a line has beyond 65,536 characters, the time included', async () => {
    const part = frame(1, `${at}Z ${'x'.repeat(40_000)}`);
    const [long, next] = await textsOf(part, part, part, frame(1, '\n'), frame(1, `${at}Z next\n`));
    expect(long).toBe('x'.repeat(65_536 - `${at}Z `.length));
    expect(next).toBe('next');
  });

  test('returns the unfinished lines at the end of the log together', async () => {
    expect(await read(frame(1, `${at}Z out`), frame(2, `${at}Z err`))).toEqual([
      [expect.objectContaining({ stream: 'stdout', text: 'out' }), expect.objectContaining({ stream: 'stderr', text: 'err' })],
    ]);
  });

  test.each(['no time\n', `x${at}Z later\n`, `${at} no zone\n`, `${at}Z\n`, `${at}.1234567890Z ten digits\n`, 'unfinished'])(
    'drops %j, which has no time of the engine at its head',
    async (text) => {
      expect(await read(frame(1, text), frame(1, `${at}Z good\n`))).toEqual(
        text.endsWith('\n') ? [[expect.objectContaining({ text: 'good' })]] : [],
      );
    },
  );

  test('takes every stream but stderr for stdout', async () => {
    expect((await read(frame(0, `${at}Z x\n`))).flat()[0]?.stream).toBe('stdout');
  });
});

// `since` of the engine's API: seconds with a fraction of nine digits.
test.each([
  ['1774000000123456789', '1774000000.123456789'],
  ['1774000000000000000', '1774000000.000000000'],
])('engineTime of the id %s is %s', (id, time) => {
  expect(engineTime(id)).toBe(time);
});
