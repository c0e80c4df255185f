import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { Pool } from 'undici';
import { virtualKey } from '../src/domain/usage/virtual-key.ts';
import { startBackend } from '../test/backend.ts';
import setup from '../test/global-setup.ts';
import teardown from '../test/global-teardown.ts';

/**
 * Measures what the model gateway adds to a call: the time to the first byte, and the throughput of a stream of 20,000 tokens. The
 * baseline is the same call to the model's double itself. Both take turns. The double, the gateway and the client have a thread or a
 * process of their own.
 */

const CALLS = 300;
const TOKENS = 20_000;
const STREAMS = 25;
const MODEL_CLI = new URL('../../../packages/test-doubles/src/model-provider-cli.ts', import.meta.url).pathname;

interface Way {
  origin: string;
  path: string;
  key: string;
}
interface Figures {
  /** Milliseconds to the first byte of a reply. */
  firstByte: number[];
  /** Milliseconds of a whole long stream. */
  stream: number[];
  bytes: number;
}
const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function call(pool: Pool, { path, key }: Way, text: string): Promise<{ firstByte: number; whole: number; bytes: number }> {
  const begun = performance.now();
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'echo-1',
      stream: true,
      max_tokens: 30_000,
      messages: [{ role: 'user', content: text }],
    }),
  });
  let firstByte = 0;
  let bytes = 0;
  for await (const chunk of body) {
    firstByte ||= performance.now() - begun;
    bytes += chunk.length;
  }
  if (statusCode !== 200) throw new Error(`A call was answered with ${statusCode}`);
  return { firstByte, whole: performance.now() - begun, bytes };
}

/** The client: calls each way in turn. */
async function measure(ways: Way[]): Promise<Figures[]> {
  const pools = ways.map(({ origin }) => new Pool(origin, { connections: 1 }));
  const figures: Figures[] = ways.map(() => ({ firstByte: [], stream: [], bytes: 0 }));
  const words = Array.from({ length: TOKENS }, (_, index) => `word${index}`).join(' ');
  async function round(
    text: (index: number) => string,
    rounds: number,
    take: (of: Figures, made: Awaited<ReturnType<typeof call>>) => void,
  ) {
    for (let index = 0; index < rounds; index++) {
      for (const [at, way] of ways.entries()) {
        const made = await call(pools[at] as Pool, way, text(index));
        // The first calls open connections and compile code.
        if (index >= rounds / 10) take(figures[at] as Figures, made);
      }
    }
  }
  await round(
    (index) => `Hello ${index}`,
    CALLS,
    (of, { firstByte }) => of.firstByte.push(firstByte),
  );
  await round(
    (index) => `${index} ${words}`,
    STREAMS,
    (of, { whole, bytes }) => {
      of.stream.push(whole);
      of.bytes = bytes;
    },
  );
  await Promise.all(pools.map((pool) => pool.close()));
  return figures;
}

/** Starts the model's double as a process of its own. */
async function startModel(): Promise<{ child: ChildProcess; port: number }> {
  const child = spawn(process.execPath, [MODEL_CLI, '--port', '0', '--host', '127.0.0.1', '--word-delay', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const [, port] = /base URL is http:\/\/[^:]+:(\d+)/.exec(line) ?? [];
    if (port) return { child, port: Number(port) };
  }
  throw new Error('The double of the model did not start');
}

async function main() {
  await setup();
  const model = await startModel();
  const backend = await startBackend();
  const owner = await backend.account();
  const agent = async (budget?: object): Promise<Way> => {
    const config = { plan: 'network', baseUrl: `http://127.0.0.1:${model.port}/v1`, model: 'echo-1', apiKey: 'key-of-the-bench' };
    const { id } = (await backend.machine(owner, 'POST', '/api/agents', { name: 'Bench', config })).body;
    if (budget) await backend.machine(owner, 'PUT', `/api/agents/${id}/budget`, budget);
    const { token } = (await backend.machine(owner, 'GET', `/api/agents/${id}/token`)).body;
    const origin = `http://127.0.0.1:${backend.modelGatewayPort}`;
    return { origin, path: '/custom/chat/completions', key: virtualKey(id, token) };
  };
  const ways = {
    'the model itself': { origin: `http://127.0.0.1:${model.port}`, path: '/v1/chat/completions', key: 'key-of-the-bench' },
    'through the gateway': await agent(),
    'through the gateway, with a budget': await agent({ dailyUsd: 1_000, price: { inputUsd: 1, outputUsd: 1 } }),
  };
  const worker = new Worker(new URL(import.meta.url), { workerData: Object.values(ways) });
  const figures = await new Promise<Figures[]>((resolve, reject) => {
    worker.once('message', resolve).once('error', reject);
  });
  const [baseline] = figures as [Figures];
  for (const [index, name] of Object.keys(ways).entries()) {
    const { firstByte, stream, bytes } = figures[index] as Figures;
    const added = median(firstByte) - median(baseline.firstByte);
    const [seconds, ratio] = [median(stream) / 1000, median(baseline.stream) / median(stream)];
    console.log(
      `${name.padEnd(36)} first byte ${median(firstByte).toFixed(2)} ms (+${added.toFixed(2)})   ` +
        `${TOKENS} tokens ${(bytes / 1e6 / seconds).toFixed(1)} MB/s (${ratio.toFixed(2)} ×)`,
    );
  }
  await backend.stop();
  model.child.kill();
  await teardown();
}

if (isMainThread) await main();
else parentPort?.postMessage(await measure(workerData));
