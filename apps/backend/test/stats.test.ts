import { setTimeout as sleep } from 'node:timers/promises';
import { canary } from '@agentbot/test-doubles/canaries';
import { startEngineProxy } from '@agentbot/test-doubles/engine-faults';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { startBackendWithDocker, type TestBackend } from './backend.ts';
import { runInContainer } from './log-view.ts';

/** Usage stats of real containers, and the Prometheus metrics. */

const IMAGE = 'agentbot/openclaw-test:stand-in-stats';
const TOKEN = canary('metrics-token-of-the-tests-');
const docker = new Docker();
let removeImage: () => Promise<void>;
let engine: Awaited<ReturnType<typeof startEngineProxy>>;
let backend: TestBackend;
let polling: TestBackend;
let owner: string;

const settings = () => ({
  OPENCLAW_IMAGE: IMAGE,
  DOCKER_HOST: engine.dockerHost,
  METRICS_TOKEN: TOKEN,
});
const deploy = async (to: TestBackend, agentId: string) => {
  await to.machine(owner, 'POST', '/api/deployments', { agentId, config: { telegramToken: canary('1:'), plan: 'network' } });
  await to.settled(agentId);
};

beforeAll(async () => {
  removeImage = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  engine = await startEngineProxy(null, process.env.DOCKER_HOST || undefined);
  [backend, polling] = await Promise.all([
    startBackendWithDocker('stats', settings()),
    startBackendWithDocker('sweep', { ...settings(), STATS_STREAMS: '0', STATS_SWEEP_SECONDS: '1' }),
  ]);
  await polling.account();
  owner = await backend.account();
  await deploy(backend, 'loaded');
  owner = await polling.account();
  await deploy(polling, 'swept');
});
afterAll(async () => {
  await backend?.machine(undefined, 'DELETE', '/api/agents/loaded');
  await polling?.machine(undefined, 'DELETE', '/api/agents/swept');
  await Promise.all([backend?.stop(), polling?.stop()]);
  await engine.close();
  await removeImage();
});

const usage = async (from = backend, id = 'loaded') => (await from.machine(undefined, 'GET', `/api/openclaw/instances/${id}/stats`)).body;
async function untilKnown(from = backend, id = 'loaded') {
  for (let i = 0; i < 200; i++) {
    const body = await usage(from, id);
    if (body.cpu !== 'N/A') return body;
    await sleep(100);
  }
  throw new Error('No figures came');
}
const mebibytes = (text: string) => Number.parseFloat(text) * (/^[\d.]+GiB/.test(text) ? 1024 : 1);
const mean = (numbers: number[]) => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

interface Figures {
  at: number;
  cpu: number;
  memory: number;
  /** Page cache that does not count, in MiB. */
  cache?: number;
}

/** Samples of a container over some seconds, computed as the documentation of `docker stats` says. */
async function dockerStats(id: string, seconds: number): Promise<Figures[]> {
  const stream = (await docker.getContainer(`openclaw-${id}`).stats({ stream: true })) as NodeJS.ReadableStream;
  const seen: Figures[] = [];
  let text = '';
  for await (const chunk of stream) {
    const lines = (text + String(chunk)).split('\n');
    text = lines.pop() ?? '';
    for (const line of lines.filter(Boolean)) {
      const { cpu_stats: cpu, precpu_stats: before, memory_stats: memory } = JSON.parse(line);
      const system = cpu.system_cpu_usage - (before.system_cpu_usage ?? 0);
      const share = ((cpu.cpu_usage.total_usage - before.cpu_usage.total_usage) / system) * cpu.online_cpus;
      const cache = memory.stats.inactive_file ?? memory.stats.total_inactive_file;
      if (before.system_cpu_usage)
        seen.push({ at: Date.now(), cpu: share * 100, memory: (memory.usage - cache) / 1024 ** 2, cache: cache / 1024 ** 2 });
    }
    if (seen.length >= seconds) break;
  }
  return seen;
}

describe('the stats of an agent', () => {
  test('agree with docker stats within 5 % for a busy loop on one core with 200 MiB and 150 MiB of page cache', async () => {
    await untilKnown();
    const loading = runInContainer(
      'loaded',
      `const fs = require('fs'); const file = fs.openSync('/home/node/.openclaw/big', 'w');
       for (let i = 0; i < 150; i++) fs.writeSync(file, Buffer.alloc(1024 * 1024, i)); fs.fsyncSync(file); fs.closeSync(file);
       const held = Buffer.alloc(200 * 1024 * 1024, 1); const until = Date.now() + 240000; let turns = 0;
       while (Date.now() < until && (++turns % 100000 || !require('fs').existsSync('/tmp/enough'))) held[0]++;`,
    );
    for (let i = 0; i < 300 && mebibytes((await usage()).memory) < 200; i++) await sleep(100);
    await sleep(2_000);
    let deviation = Number.POSITIVE_INFINITY;
    // On a busy machine the loop's CPU share changes each second: one round below 5 % suffices.
    for (let round = 0; round < 3 && deviation >= 0.05; round++) deviation = await measure();
    await runInContainer('loaded', "require('fs').writeFileSync('/tmp/enough', '')");
    expect(deviation).toBeLessThan(0.05);
    await loading;
  });

  /** @returns the largest relative deviation of our means from those of `docker stats` over the same seconds */
  async function measure(): Promise<number> {
    const ours = new Map<string, Figures>();
    let done = false;
    const reading = dockerStats('loaded', 10).finally(() => {
      done = true;
    });
    while (!done) {
      const { timestamp, cpu, memory } = await usage();
      ours.set(timestamp, { at: new Date(timestamp).getTime(), cpu: Number.parseFloat(cpu), memory: mebibytes(memory) });
      await sleep(200);
    }
    const theirs = await reading;
    // Other processes make each second different: compare each of our samples with theirs of the same moment.
    const pairs = [...ours.values()].flatMap((our) => {
      const their = theirs.findLast(({ at }) => at <= our.at);
      return their ? [{ our, their }] : [];
    });
    expect(pairs.length).toBeGreaterThan(5);
    expect(mean(theirs.map(({ memory }) => memory))).toBeGreaterThan(200);
    // The container has just written a file: its page cache must not count as its memory.
    expect(mean(theirs.map(({ cache = 0 }) => cache))).toBeGreaterThan(100);
    const shares = (['cpu', 'memory'] as const).map((figure) => {
      const [our, their] = [mean(pairs.map((pair) => pair.our[figure])), mean(pairs.map((pair) => pair.their[figure]))];
      return Math.abs(our - their) / their;
    });
    return Math.max(...shares);
  }

  test('are served without an engine call, kept as a history, and answer 404 to another user', async () => {
    const calls = () => engine.calls(/openclaw-loaded\/stats/).length;
    const before = calls();
    for (let i = 0; i < 20; i++) await backend.machine(undefined, 'GET', '/api/agents/loaded/stats');
    // The stats stream; more than one call if a busy engine has closed it.
    expect(before).toBeGreaterThan(0);
    expect(calls()).toBe(before);
    for (const [range, interval] of [
      ['day', 60_000],
      ['month', 3_600_000],
    ] as const) {
      const { history } = (await backend.machine(undefined, 'GET', `/api/agents/loaded/stats/history?range=${range}`)).body;
      expect(history).toMatchObject({ agentId: 'loaded', range, interval });
      const peak = Math.max(...history.points.map((point: { cpu: number }) => point.cpu));
      expect(peak).toBeGreaterThan(5);
      for (const { timestamp, memory, memoryLimit } of history.points) {
        expect(new Date(timestamp).getTime() % interval).toBe(0);
        expect(memory).toBeGreaterThan(0);
        expect(memory).toBeLessThan(memoryLimit);
      }
    }
    const stranger = await backend.account();
    for (const path of ['/api/agents/loaded/stats', '/api/agents/loaded/stats/history'])
      expect((await backend.as(stranger, 'GET', path)).status).toBe(404);
  });

  test('are polled every STATS_SWEEP_SECONDS for agents above STATS_STREAMS', async () => {
    const streams = () => engine.calls(/stats\?.*stream=true/).filter((call) => call.includes('swept'));
    expect(await untilKnown(polling, 'swept')).toMatchObject({ cpu: expect.stringMatching(/%$/), memory: expect.stringMatching(/iB \//) });
    expect(streams()).toEqual([]);
  });

  test('are N/A after the container has stopped', async () => {
    await backend.machine(undefined, 'POST', '/api/agents/loaded/stop');
    for (let i = 0; i < 100 && (await usage()).cpu !== 'N/A'; i++) await sleep(100);
    expect(await usage()).toMatchObject({ cpu: 'N/A', memory: 'N/A', pids: 'N/A', uptime: 0, status: 'stopped' });
  });
});

describe('GET /metrics', () => {
  const metrics = async (token?: string) => {
    const response = await fetch(`${backend.url}/metrics`, { headers: token ? { authorization: `Bearer ${token}` } : {} });
    return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
  };

  test('answers 401 without a token and with a wrong one', async () => {
    for (const token of [undefined, 'metrics-token-of-nobody']) expect((await metrics(token)).status).toBe(401);
  });

  test('returns requests, operations, agents by state, Docker latency, queue depth and event-loop lag', async () => {
    const { status, type, text } = await metrics(TOKEN);
    expect([status, type]).toEqual([200, expect.stringMatching(/^text\/plain/)]);
    for (const line of [
      /^agentbot_http_request_duration_seconds_count\{operation="getInstanceStats",status="200"\} [1-9]/m,
      /^agentbot_operation_duration_seconds_count\{kind="provision",outcome="succeeded"\} 1$/m,
      /^agentbot_agents\{state="stopped"\} 1$/m,
      /^agentbot_docker_call_duration_seconds_count\{call="create",outcome="done"\} 1$/m,
      /^agentbot_queue_depth\{state="queued"\} 0$/m,
      /^nodejs_eventloop_lag_seconds [\d.e-]+$/m,
    ])
      expect(text).toMatch(line);
  });
});
