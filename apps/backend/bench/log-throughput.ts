import { randomUUID } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import Docker from 'dockerode';
import { logLines } from '../src/infra/docker/engine-log.ts';
import { assertion, startBackendWithDocker } from '../test/backend.ts';
import setup from '../test/global-setup.ts';
import teardown from '../test/global-teardown.ts';
import { openLogView } from '../test/log-view.ts';

/**
 * Measures the cost of storing and streaming an agent's log. The baseline reads the log only from the engine. Load: 10 MB per
 * second for a minute, with a viewer that reads and a viewer that stalls. Also measures the delay from a line to its viewer.
 */

const SECONDS = Number(process.argv[2] ?? 60);
const IMAGE = 'agentbot/openclaw-bench:stand-in';
const SUBNET = '10.250.0.0/16';
const docker = new Docker();

/** Writes lines of a kilobyte, ten each millisecond. */
const flood = `
const say = (t) => require('fs').writeSync(out, t + '\\n');
const line = 'x'.repeat(990); const from = Date.now(); let n = 0;
while (Date.now() - from < ${SECONDS * 1000}) {
  for (const due = (Date.now() - from) * 10; n < due && Date.now() - from < ${SECONDS * 1000}; ) say('flood ' + n++ + ' ' + line);
  await new Promise((r) => setTimeout(r, 5));
}
say('flooded ' + n);`;
const paced = `
const say = (t) => require('fs').writeSync(out, t + '\\n');
for (let i = 0; i < 200; i++) { say('at ' + Date.now()); await new Promise((r) => setTimeout(r, 20)); }
say('paced');`;

interface Reading {
  written: number;
  /** The number of distinct lines that were read. */
  seen: number;
  /** The delay of each paced line, in milliseconds. */
  delays: number[];
  residentMB: number[];
}

/** Counts the lines of one run, and samples the memory of this process during it. */
function startCounting() {
  const reading: Reading = { written: 0, seen: 0, delays: [], residentMB: [] };
  let newest = -1;
  const memoryTimer = setInterval(() => reading.residentMB.push(process.memoryUsage().rss / 1e6), 500);
  return {
    reading,
    stop: () => clearInterval(memoryTimer),
    take(text: string): void {
      const [word, number] = text.split(' ', 2);
      if (word === 'flood' && Number(number) > newest) {
        newest = Number(number);
        reading.seen += 1;
      }
      if (word === 'at') reading.delays.push(Date.now() - Number(number));
      if (word === 'flooded') reading.written = Number(number);
    },
  };
}

/** The baseline: reads and splits the engine's log of a bare container. */
async function bare(script: string): Promise<Reading> {
  const container = await docker.createContainer({
    name: `bench-${randomUUID()}`,
    Image: IMAGE,
    Entrypoint: ['node', '-e', `const out = 1; (async () => { ${script} })()`],
    HostConfig: { LogConfig: { Type: 'json-file', Config: { 'max-size': '32m', 'max-file': '2' } } },
  });
  const { reading, stop, take } = startCounting();
  try {
    await container.start();
    const stream = await container.logs({ follow: true, stdout: true, stderr: true, timestamps: true });
    for await (const lines of logLines(stream as unknown as AsyncIterable<Buffer>)) for (const { text } of lines) take(text);
    // The engine's stream may drop the last line; its log file has it.
    const end = await container.logs({ follow: false, stdout: true, timestamps: true, tail: 1 });
    for await (const lines of logLines([end])) for (const { text } of lines) take(text);
  } finally {
    stop();
    await container.remove({ force: true, v: true });
  }
  return reading;
}

/** The same script in an agent, read by a viewer of the backend's stream. */
async function viewed(url: string, owner: string, id: string, script: string, last: string): Promise<Reading> {
  const { reading, stop, take } = startCounting();
  const viewer = await openLogView(url, owner, id);
  await viewer.until(({ data }) => data.type === 'connected');
  const exec = await docker
    .getContainer(`openclaw-${id}`)
    .exec({ Cmd: ['node', '-e', `const out = require('fs').openSync('/proc/1/fd/1', 'w'); (async () => { ${script} })()`], User: '1000' });
  (await exec.start({})).resume();
  for (let done = false; !done; await sleep(5)) {
    for (const { data } of viewer.events.splice(0)) {
      take(data.text ?? '');
      done ||= data.text?.startsWith(last) ?? false;
    }
  }
  stop();
  viewer.leave();
  return reading;
}

/** Opens a stream and never reads from it. */
async function stall(url: string, owner: string, id: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = createConnection(Number(port), hostname).on('error', () => undefined);
  const credential = `Authorization: Bearer ${await assertion(owner)}`;
  socket.write(`GET /api/logs/${id}/stream HTTP/1.1\r\nHost: ${hostname}\r\n${credential}\r\n\r\n`);
  return socket.pause();
}

const median = (numbers: number[]) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
const max = (numbers: number[]) => Math.max(...numbers);

async function main() {
  await setup();
  const removeImage = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  const [bareFlood, barePaced] = [await bare(flood), await bare(paced)];
  const backend = await startBackendWithDocker('bench-logs', { AGENT_PORT_BASE: '20400', AGENT_SUBNET: SUBNET, OPENCLAW_IMAGE: IMAGE });
  const owner = await backend.account();
  await backend.machine(owner, 'POST', '/api/deployments', { agentId: 'bench', config: { telegramToken: '1:x', plan: 'label' } });
  await backend.settled('bench');
  const pace = await viewed(backend.url, owner, 'bench', paced, 'paced');
  const viewers = async () => (await backend.as(owner, 'GET', '/api/logs/active')).body.streams[0]?.clients ?? 0;
  while (await viewers()) await sleep(100);
  const stalled = await stall(backend.url, owner, 'bench');
  while (!(await viewers())) await sleep(100);
  const idle = process.memoryUsage().rss / 1e6;
  const flooded = await viewed(backend.url, owner, 'bench', flood, 'flooded');
  await sleep(1_000);
  const held = await viewers();
  stalled.destroy();
  await backend.machine(undefined, 'DELETE', '/api/agents/bench');
  await backend.stop();
  await removeImage();
  await teardown();

  const share = ({ seen, written }: Reading) => seen / written;
  // The memory of this process, which runs the backend and the viewer that reads.
  const half = flooded.residentMB.length / 2;
  const [early, late] = [flooded.residentMB.slice(0, half), flooded.residentMB.slice(half)].map(max) as [number, number];
  const print = (what: string, value: string, ratio?: number) =>
    console.log(`${value.padStart(10)} ${ratio === undefined ? '      ' : `${ratio.toFixed(2)} ×`}  ${what}`);
  print('line to reader, median: the engine alone', `${median(barePaced.delays)} ms`);
  print(
    'line to viewer, median: stored and streamed',
    `${median(pace.delays)} ms`,
    median(pace.delays) / Math.max(1, median(barePaced.delays)),
  );
  print(`lines of 1 kB written in ${SECONDS} s to a bare container`, String(bareFlood.written));
  print('of these read by reading the engine alone', `${(share(bareFlood) * 100).toFixed(1)} %`);
  print(`lines of 1 kB written in ${SECONDS} s by an agent`, String(flooded.written), flooded.written / bareFlood.written);
  print('of these read by a viewer', `${(share(flooded) * 100).toFixed(1)} %`, share(flooded) / share(bareFlood));
  print('stalled viewers that were still connected at the end, of 1', String(held));
  print('memory before the first line', `${idle.toFixed(0)} MB`);
  print('maximum memory in the first half', `${early.toFixed(0)} MB`, early / idle);
  print('maximum memory in the second half', `${late.toFixed(0)} MB`, late / early);
}

await main();
