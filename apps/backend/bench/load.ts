import { cpuUsage } from 'node:process';
import { Pool } from 'undici';

/** Requests that the load generator sends: until `seconds` have passed, or until each of `requests` was sent once. */
export interface LoadJob {
  origin: string;
  /** Number of connections; each sends its next request when it has the answer to the last one. */
  connections: number;
  seconds?: number;
  requests: { method: 'GET' | 'POST'; path: string; headers: Record<string, string>; body?: string }[];
  status: number;
}

export interface LoadResult {
  perSecond: number;
  /** Milliseconds. */
  median: number;
  p99: number;
  /** Bytes of the last body. */
  bytes: number;
  /** The share of one CPU that the load generator used. */
  cpu: number;
}

const quantile = (sorted: number[], share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;

async function run({ origin, connections, seconds, requests, status }: LoadJob): Promise<LoadResult> {
  const pool = new Pool(origin, { connections });
  const times: number[] = [];
  let sent = 0;
  let bytes = 0;
  const cpuBefore = cpuUsage();
  const begun = performance.now();
  const isOver = () => (seconds ? performance.now() - begun > seconds * 1000 : sent >= requests.length);
  async function connection(): Promise<void> {
    while (!isOver()) {
      const request = requests[sent++ % requests.length] as LoadJob['requests'][number];
      const at = performance.now();
      const answer = await pool.request({ ...request, body: request.body ?? null });
      const body = await answer.body.text();
      if (answer.statusCode !== status) throw new Error(`${request.method} ${request.path} answered ${answer.statusCode}: ${body}`);
      times.push(performance.now() - at);
      bytes = body.length;
    }
  }
  await Promise.all(Array.from({ length: connections }, connection));
  const ms = performance.now() - begun;
  const { user, system } = cpuUsage(cpuBefore);
  await pool.close();
  times.sort((a, b) => a - b);
  return {
    perSecond: times.length / (ms / 1000),
    median: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    bytes,
    cpu: (user + system) / 1000 / ms,
  };
}

// A process of its own: the load must not take the time of what it measures.
process.on('message', (job: LoadJob) => {
  run(job).then(
    (result) => process.send?.({ result }),
    (error) => process.send?.({ error: String(error) }),
  );
});
