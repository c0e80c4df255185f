import { type EngineFault, startEngineProxy } from '@agentbot/test-doubles/engine-faults';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { createDockerHost } from '../src/infra/docker/docker-host.ts';
import { startBackend, type TestBackend } from './backend.ts';

/** An engine that is slow, silent, or ends in the middle of an answer: every call of ours ends, and so does every request. */

const TIMEOUT_MS = 1_500;
let engine: Awaited<ReturnType<typeof startEngineProxy>>;
let backend: TestBackend;
let host: ReturnType<typeof createDockerHost>;

beforeAll(async () => {
  engine = await startEngineProxy(null, process.env.DOCKER_HOST || undefined);
  host = createDockerHost(engine.dockerHost, 'test-engine-faults', {
    isPullAllowed: () => false,
    log: { warn: () => undefined },
    timeoutMs: TIMEOUT_MS,
  });
  backend = await startBackend({ DOCKER_HOST: engine.dockerHost, INSTALLATION: 'test-engine-faults' });
});
afterAll(async () => {
  engine.setFault();
  await backend.stop();
  await engine.close();
});
afterEach(() => engine.setFault());

/** @returns the error's code, or the result, and how long it took */
async function ended(call: Promise<unknown>) {
  const begun = Date.now();
  const result = await call.then(
    () => 'done',
    (error) => error.code ?? error.message,
  );
  return { result, ms: Date.now() - begun };
}

test.each<[EngineFault, string]>([
  ['hang', 'DOCKER_UNAVAILABLE'],
  ['stall', 'DOCKER_UNAVAILABLE'],
  ['cut', 'DOCKER_UNAVAILABLE'],
  ['slow', 'done'],
])('a call of an engine with the fault %s ends within its time limit with %s', async (fault, expected) => {
  engine.setFault(fault, /\/info/);
  const { result, ms } = await ended(host.capacity());
  expect(result).toBe(expected);
  expect(ms).toBeLessThan(TIMEOUT_MS + 3_000);
  engine.setFault();
  expect((await ended(host.capacity())).result).toBe('done');
});

test.each<EngineFault>(['hang', 'stall', 'cut'])(
  'GET /health answers, without Docker, while the engine has the fault %s',
  async (fault) => {
    engine.setFault(fault);
    // The last answer of the engine is cached for two seconds.
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    const begun = Date.now();
    const { status, body } = await backend.call('GET', '/health');
    expect([status, body.docker]).toEqual([200, 'unavailable']);
    expect(Date.now() - begun).toBeLessThan(5_000);
  },
);

test('GET /api/openclaw/versions tells nothing of the host when the engine goes right after it has answered', async () => {
  const user = await backend.account();
  const availabilities = async () => {
    const { status, body } = await backend.as(user, 'GET', '/api/openclaw/versions');
    return [status, new Set(body.versions.map(({ availability }: { availability: string | null }) => availability))];
  };
  engine.setFault('cut', /\/images\//);
  expect(await availabilities()).toEqual([200, new Set([null])]);
});
