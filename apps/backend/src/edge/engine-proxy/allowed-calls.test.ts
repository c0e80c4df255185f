import { describe, expect, test } from '@jest/globals';
import { allowedCall, allowedCalls } from './allowed-calls.ts';

// Paths and parameters of the Docker Engine API: https://docs.docker.com/reference/api/engine/version/v1.41/

const name = 'openclaw-agent_1';
const id = 'a'.repeat(64);

test.each<[string, string]>([
  ['GET', '/v1.41/_ping'],
  ['GET', '/v1.99/info'],
  ['GET', '/v1.41/events?filters=%7B%22type%22%3A%5B%22container%22%5D%7D'],
  ['GET', '/v1.41/images/ghcr.io/openclaw/openclaw:2026.3.13/json'],
  ['GET', '/v1.41/images/ghcr.io%2Fopenclaw%2fopenclaw%3A2026.3.13/json'],
  ['GET', `/v1.41/images/x%40sha256:${id}/json`],
  ['POST', '/v1.41/images/create?fromImage=ghcr.io%2Fopenclaw%2Fopenclaw&tag=2026.9.6'],
  ['DELETE', '/v1.41/images/ghcr.io/openclaw/openclaw:2026.9.6'],
  ['GET', '/v1.41/containers/json?all=true&filters=%7B%7D'],
  ['POST', '/v1.41/containers/create?name=openclaw-agent_1'],
  ['GET', '/v1.41/containers/openclaw-agent_1/json'],
  ['POST', '/v1.41/containers/openclaw-agent_1/start'],
  ['POST', '/v1.41/containers/openclaw-agent_1/stop?t=15'],
  ['POST', '/v1.41/containers/openclaw-agent_1/wait?condition=not-running'],
  ['POST', '/v1.41/containers/openclaw-agent_1/pause'],
  ['POST', '/v1.41/containers/openclaw-agent_1/unpause'],
  ['DELETE', '/v1.41/containers/openclaw-agent_1?force=true&v=false'],
  ['POST', `/v1.41/containers/${id}/rename?name=openclaw-agent_1`],
  ['GET', '/v1.41/containers/openclaw-agent_1/logs?stdout=true&stderr=true&timestamps=true&follow=false&tail=100&since=1774000000.5'],
  ['GET', '/v1.41/containers/openclaw-agent_1/stats?stream=false&one-shot=true'],
  ['GET', '/v1.41/containers/openclaw-agent_1/archive?path=%2Fhome%2Fnode%2F.openclaw'],
  ['PUT', '/v1.41/containers/openclaw-agent_1/archive?path=%2Fopt%2Fagentbot%2Fcache'],
  ['GET', '/v1.41/volumes?filters=%7B%7D'],
  ['POST', '/v1.41/volumes/create'],
  ['GET', '/v1.41/volumes/openclaw-data-agent_1'],
  ['DELETE', '/v1.41/volumes/openclaw-data-agent_1?force=true'],
  ['GET', '/v1.41/networks?filters=%7B%7D'],
  ['POST', '/v1.41/networks/create'],
  ['GET', '/v1.41/networks/openclaw-net-agent_1'],
  ['DELETE', '/v1.41/networks/openclaw-net-agent_1'],
])('%s %s is allowed', (method, url) => {
  const [path = '', query] = url.split('?');
  const address = allowedCall(method, url)?.address;
  expect(address?.split('?')[0]).toBe(path);
  expect(Object.fromEntries(new URLSearchParams(address?.split('?')[1]))).toEqual(Object.fromEntries(new URLSearchParams(query)));
  expect(address?.includes('?')).toBe(query !== undefined);
});

describe('the engine proxy refuses', () => {
  test.each<[string, string]>([
    // What gives root on the host or leaves the container.
    ['POST', '/v1.41/containers/openclaw-agent_1/exec'],
    ['POST', '/v1.41/containers/agentbot-postgres-1/stop'],
    ['POST', '/v1.41/exec/1/start'],
    ['POST', '/v1.41/build'],
    ['POST', '/v1.41/commit?container=openclaw-agent_1'],
    ['POST', '/v1.41/images/load'],
    ['POST', '/v1.41/images/agentbot/tag?repo=x'],
    ['DELETE', '/v1.41/images/x?force=true'],
    ['DELETE', '/v1.41/images/x?noprune=true'],
    ['DELETE', '/v1.41/images/agentbot/backend:local'],
    ['DELETE', '/v1.41/images/docker.io%2Fagentbot/backend'],
    ['POST', '/v1.41/images/prune'],
    ['POST', '/v1.41/containers/prune'],
    ['POST', '/v1.41/plugins/pull'],
    ['POST', '/v1.41/swarm/init'],
    ['GET', '/v1.41/secrets'],
    ['POST', '/v1.41/session'],
    ['POST', '/v1.41/networks/openclaw-net-x/connect'],
    ['POST', '/v1.41/containers/openclaw-x/update'],
    ['POST', '/v1.41/containers/openclaw-x/attach'],
    ['GET', '/v1.41/containers/openclaw-x/export'],
    ['GET', '/v1.41/containers/openclaw-x/top'],
  ])('other calls: %s %s', (method, url) => {
    expect(allowedCall(method, url)).toBeUndefined();
  });

  test.each<[string | undefined, string | undefined]>([
    // A start with a HostConfig in its body: API versions below 1.24.
    ['GET', '/_ping'],
    ['GET', '/v1.40/_ping'],
    ['GET', '/v1.24/_ping'],
    ['GET', '/v1.4/_ping'],
    ['GET', '/v1.100/_ping'],
    ['GET', '/v1.411/_ping'],
    ['GET', '/v2.41/_ping'],
    ['GET', 'x/v1.41/_ping'],
    ['GET', '/v1x41/_ping'],
    ['GET', '/v1.41'],
    ['GET', ''],
    ['GET', undefined],
    [undefined, '/v1.41/_ping'],
  ])('no, old and unknown versions, and no request: %s %s', (method, url) => {
    expect(allowedCall(method, url)).toBeUndefined();
  });

  test.each<[string, string]>([
    ['POST', '/v1.41/_ping'],
    ['HEAD', '/v1.41/info'],
    ['get', '/v1.41/info'],
    ['GET', '/v1.41/containers/create?name=openclaw-x'],
    ['DELETE', '/v1.41/volumes'],
    ['PUT', '/v1.41/networks/create'],
  ])('other methods: %s %s', (method, url) => {
    expect(allowedCall(method, url)).toBeUndefined();
  });

  test.each<[string, string]>([
    ['GET', '/v1.41/containers/other/json'],
    ['GET', `/v1.41/containers/${id}/json`],
    ['POST', '/v1.41/containers/create?name=other'],
    ['POST', '/v1.41/containers/create?name=xopenclaw-x'],
    ['POST', `/v1.41/containers/${id}/rename?name=other`],
    ['POST', '/v1.41/containers/openclaw-x/rename?name=openclaw-y'],
    ['DELETE', '/v1.41/volumes/postgres-data'],
    ['DELETE', '/v1.41/networks/bridge'],
    ['GET', '/v1.41/containers/openclaw-/json'],
  ])('objects that the backend has not named: %s %s', (method, url) => {
    expect(allowedCall(method, url)).toBeUndefined();
  });

  test.each<[string, string]>([
    ['GET', '/v1.41/containers/openclaw-x/../other/json'],
    ['GET', '/v1.41/containers/openclaw-x/./json'],
    ['GET', '/v1.41/images/../containers/json'],
    ['GET', '/v1.41/images/x/..'],
    ['GET', '/v1.41/images/..%2Fcontainers/json'],
    ['GET', '/v1.41/images/x%2F..%2F..%2Fy/json'],
    ['GET', '/v1.41/images/x%252Fy/json'],
    ['GET', '/v1.41/images//json'],
    ['GET', '/v1.41/images/x//y/json'],
    ['GET', '/v1.41/containers/openclaw-x%2F..%2Fother/json'],
    ['GET', '/v1.41/containers/openclaw-%78/json'],
    ['GET', '/v1.41/info/'],
    ['GET', '/v1.41//info'],
    ['GET', '/v1.41/info\n'],
    ['GET', '/v1.41/x/info'],
  ])('paths that another parser reads otherwise: %s %s', (method, url) => {
    expect(allowedCall(method, url)).toBeUndefined();
  });

  test.each<[string, string]>([
    ['POST', '/v1.41/images/create?fromSrc=http://x'],
    ['POST', '/v1.41/images/create?fromImage=x&repo=agentbot'],
    ['POST', '/v1.41/images/create?fromImage=x&fromImage=y'],
    ['POST', '/v1.41/images/create?fromImage=agentbot/backend'],
    ['POST', '/v1.41/images/create?fromImage=docker.io/agentbot/backend'],
    ['POST', '/v1.41/images/create?fromImage=index.docker.io/agentbot/backend:1'],
    ['POST', '/v1.41/images/create?fromImage=-x'],
    ['POST', '/v1.41/images/create?fromImage=x&tag=a/b'],
    ['GET', '/v1.41/containers/openclaw-x/json?size=true'],
    ['GET', '/v1.41/containers/json?all=1'],
    ['GET', '/v1.41/containers/json?all=xtrue'],
    ['POST', '/v1.41/containers/openclaw-x/stop?t=-1'],
    ['POST', '/v1.41/containers/openclaw-x/stop?signal=SIGSTOP'],
    ['POST', '/v1.41/containers/openclaw-x/wait?condition=a%20b'],
    ['DELETE', '/v1.41/containers/openclaw-x?link=true'],
    ['GET', '/v1.41/containers/openclaw-x/logs?stdout=yes'],
    ['GET', '/v1.41/containers/openclaw-x/archive?path=/etc'],
    ['GET', '/v1.41/containers/openclaw-x/archive?path=/home/node/.openclaw/../..'],
    ['PUT', '/v1.41/containers/openclaw-x/archive?path=/home/node/.openclaw&copyUIDGID=1'],
    ['GET', '/v1.41/info?__proto__=x'],
    ['GET', '/v1.41/info?toString=x'],
    ['GET', '/v1.41/info?a=b'],
  ])('unknown, repeated and wrong parameters: %s %s', (method, url) => {
    expect(allowedCall(method, url)).toBeUndefined();
  });
});

test('a question mark in the query stays in the query', () => {
  expect(allowedCall('GET', '/v1.41/events?filters=a?b')?.address).toBe('/v1.41/events?filters=a%3Fb');
});

test('each allowed call says why, and those with a body check it', () => {
  for (const { why } of allowedCalls) expect(why).toMatch(/\w{2}/);
  const withBody = allowedCalls.filter(({ body }) => body).map(({ method, path }) => `${method} ${path.source}`);
  expect(withBody).toEqual([
    expect.stringMatching(/^POST .*containers.*create/),
    expect.stringMatching(/^PUT .*archive/),
    expect.stringMatching(/^POST .*volumes.*create/),
    expect.stringMatching(/^POST .*networks.*create/),
  ]);
  expect(allowedCalls.filter(({ checksName }) => checksName).map(({ path }) => path.source)).toEqual([expect.stringMatching('rename')]);
});

test.each(['1.41', '1.44', '1.52'])('a call of a later version of the API passes: %s', (version) => {
  expect(allowedCall('POST', `/v${version}/containers/${name}/start`)?.address).toBe(`/v${version}/containers/${name}/start`);
});

const nodeId = 'a1b2c3d4e5f6g7h8i9j0k1l2m';
test.each<[string, string]>([
  ['GET', '/v1.41/nodes'],
  ['GET', `/v1.41/nodes/${nodeId}`],
  ['POST', `/v1.41/nodes/${nodeId}/update?version=7`],
  ['GET', '/v1.41/services?filters=%7B%7D'],
  ['POST', '/v1.41/services/create'],
  ['GET', '/v1.41/services/openclaw-agent_1'],
  ['POST', `/v1.41/services/${nodeId}/update?version=7`],
  ['DELETE', '/v1.41/services/openclaw-agent_1'],
  ['GET', '/v1.41/tasks?filters=%7B%7D'],
])('%s %s is allowed at a swarm’s manager only', (method, url) => {
  expect(allowedCall(method, url, true)).toBeDefined();
  expect(allowedCall(method, url)).toBeUndefined();
});

test.each<[string, string]>([
  ['GET', '/v1.41/swarm'],
  ['GET', '/v1.41/swarm/unlockkey'],
  ['POST', '/v1.41/swarm/update?version=1'],
  ['POST', '/v1.41/swarm/leave'],
  ['GET', '/v1.41/secrets'],
  ['POST', '/v1.41/secrets/create'],
  ['GET', '/v1.41/configs'],
  ['DELETE', `/v1.41/nodes/${nodeId}`],
  ['DELETE', '/v1.41/services/agentbot-node-x'],
  ['GET', '/v1.41/services/openclaw-agent_1/logs'],
  ['POST', `/v1.41/services/${nodeId}/update?version=7&rollback=previous`],
])('%s %s is refused at a swarm’s manager too', (method, url) => {
  expect(allowedCall(method, url, true)).toBeUndefined();
});
