import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { canary } from '@agentbot/test-doubles/canaries';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Docker from 'dockerode';
import { type AllowedCall, allowedCall, allowedCalls } from '../src/edge/engine-proxy/allowed-calls.ts';
import { createEngineProxy } from '../src/edge/engine-proxy/engine-proxy.ts';
import { randomName } from '../src/shared/ids.ts';
import { enforceDiskLimits } from '../src/workers/disk-limits.ts';
import { collectGarbage } from '../src/workers/garbage-collector.ts';
import { removeLeftovers, startBackendWithDocker, type TestBackend } from './backend.ts';

/** The backend on the filtered socket: the engine proxy allows every call of the backend and refuses all others. */

const IMAGE = 'agentbot/openclaw-test:proxied';
const socket = path.join(os.tmpdir(), `engine-${randomName(8)}.sock`);
const INSTALLATION = `test-proxied-${randomName(8)}`;
const used = new Set<AllowedCall>();
const refused: string[] = [];
const proxy = createEngineProxy({
  agentSubnet: '10.248.0.0/16',
  installation: INSTALLATION,
  // The engine has this runtime always. The proxy refuses every container that does not name it.
  runtime: 'runc',
  socketPath: new URL(process.env.DOCKER_HOST || 'unix:///var/run/docker.sock').pathname,
  onCall: (method, url, allowed) => {
    const call = allowed && allowedCall(method, url)?.call;
    if (call) used.add(call);
    else refused.push(`${method} ${url}`);
  },
});
const filtered = new Docker({ socketPath: socket, version: 'v1.41' });
let backend: TestBackend;
let owner: string;
let removeImage: () => Promise<void>;

beforeAll(async () => {
  proxy.listen(socket);
  await once(proxy, 'listening');
  removeImage = await makeStandIn('agentbot/openclaw:2026.3.13', IMAGE);
  // Without the label of a warm image, so that the start cache is filled too. The command is relative to its folder, as OpenClaw's.
  const changes = [
    'LABEL agentbot.recipe=',
    'WORKDIR /app/stand-in',
    'ENTRYPOINT ["node", "--no-warnings", "./openclaw.ts"]',
    'CMD ["gateway"]',
  ];
  const container = await new Docker().createContainer({ Image: IMAGE });
  const [repo, tag] = IMAGE.split(':');
  await container.commit({ repo, tag, changes });
  await container.remove({ v: true });
  backend = await startBackendWithDocker('proxied', {
    INSTALLATION,
    DOCKER_HOST: `unix://${socket}`,
    OPENCLAW_IMAGE: IMAGE,
    AGENT_PORT_BASE: '22800',
    AGENT_SUBNET: '10.248.0.0/16',
    AGENT_RUNTIME: 'runc',
  });
  owner = await backend.account();
});
afterAll(async () => {
  await backend.stop();
  await removeLeftovers(INSTALLATION);
  await removeImage();
  proxy.closeAllConnections();
  proxy.close();
});

test('the engine proxy allows every call of an agent’s life cycle, and every allowed call is used', async () => {
  const config = { baseUrl: 'http://host.docker.internal:1/v1', model: 'echo-1', apiKey: canary('k-') };
  const { body } = await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Filtered', model: 'custom', config });
  const { id } = body.agent;
  await backend.settled(id);
  const [made] = (await backend.as(owner, 'GET', `/api/agents/${id}/operations`)).body.operations;
  expect(made.steps.map((step: { name: string }) => step.name)).toEqual(['image', 'validate', 'warm', 'create', 'start', 'ready']);
  await new Docker().getContainer(`openclaw-${id}`).rename({ name: `by-hand-${id}` });
  for (const action of ['stop', 'start', 'restart', 'update', 'repair', 'reset-memory']) {
    const answer = await backend.machine(owner, 'POST', `/api/agents/${id}/${action}`, action === 'update' ? {} : undefined);
    expect([action, answer.status, answer.body.error]).toEqual([action, 200, undefined]);
  }
  expect((await backend.machine(owner, 'POST', `/api/agents/${id}/backups`)).status).toBe(201);
  await enforceDiskLimits(backend.context);
  expect((await backend.machine(owner, 'GET', `/api/agents/${id}/overview`)).body.agent.disk).not.toBeNull();
  expect((await backend.machine(owner, 'GET', `/api/logs/${id}/history`)).status).toBe(200);
  expect((await backend.machine(owner, 'GET', `/api/openclaw/instances/${id}/stats`)).status).toBe(200);
  expect((await backend.machine(owner, 'DELETE', `/api/agents/${id}`)).body).toEqual({ id, deleted: true });
  // The garbage collector otherwise runs on its schedule.
  await collectGarbage(backend.context);
  // The pull of an unknown image is allowed and fails.
  await filtered.pull('localhost:1/nowhere:none').catch(() => undefined);
  await filtered
    .getImage('nowhere:none')
    .remove()
    .catch(() => undefined);
  expect(refused).toEqual([]);
  const unused = allowedCalls.filter((call) => !used.has(call)).map(({ method, path: { source } }) => `${method} ${source}`);
  expect(unused).toEqual([]);
});
