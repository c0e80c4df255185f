import type { Patch } from '../patch.ts';

const bodies = { package: '@agentbot/backend', file: 'src/edge/engine-proxy/creation-bodies.test.ts', name: 'the place of an agent' };
const calls = { package: '@agentbot/backend', file: 'src/edge/engine-proxy/allowed-calls.test.ts' };
const proofs = { package: '@agentbot/backend', file: 'src/infra/swarm/credentials.test.ts' };
const schemas = 'apps/backend/src/edge/engine-proxy/creation-bodies.ts';
const line = { package: '@agentbot/backend', file: 'test/swarm.test.ts', slow: true };
/** Its tests continue from each other, so a patch runs them all. */
const loss = { package: '@agentbot/backend', file: 'test/swarm-loss.test.ts', slow: true } as const;

/** Agents on several machines: who may do what to a node, and where agents live. */
export const swarm: Patch[] = [
  {
    id: 'placeholder-command',
    file: schemas,
    find: "Command: z.tuple([z.literal('sleep'), z.literal('infinity')]),",
    replace: 'Command: words,',
    harm: 'a taken backend runs any command on a node of its choice',
    test: bodies,
  },
  {
    id: 'placeholder-root',
    file: schemas,
    find: "User: z.literal('65534:65534'),",
    replace: 'User: z.string(),',
    harm: 'a placeholder may run as root',
    test: bodies,
  },
  {
    id: 'placeholder-name',
    file: schemas,
    find: 'z.strictObject({\n    Name: nameSchema,\n    Labels: labels(settings),\n    TaskTemplate',
    replace: 'z.strictObject({\n    Name: z.string(),\n    Labels: labels(settings),\n    TaskTemplate',
    harm: 'a taken backend replaces the service of a node',
    test: bodies,
  },
  {
    id: 'swarm-calls-everywhere',
    file: 'apps/backend/src/edge/engine-proxy/allowed-calls.ts',
    find: 'const calls = isSwarm ? [...allowedCalls, ...swarmCalls] : allowedCalls;',
    replace: 'const calls = [...allowedCalls, ...swarmCalls];',
    harm: 'an engine of one machine answers calls that nothing needs there',
    test: calls,
  },
  {
    id: 'peer-of-two-names',
    file: 'apps/backend/src/infra/swarm/credentials.ts',
    find: '/^DNS:([a-z0-9.-]+)$/',
    replace: '/^DNS:([a-z0-9.-]+)/',
    harm: 'a certificate for two names has the rights of the first',
    test: proofs,
  },
  {
    id: 'node-as-backend',
    file: 'apps/backend/src/infra/swarm/credentials.ts',
    find: "if (name === BACKEND_NAME) return { kind: 'backend' };",
    replace: "if (name.endsWith('.agentbot.internal')) return { kind: 'backend' };",
    harm: 'a node has the rights of a backend on every other node',
    test: proofs,
  },
  {
    id: 'node-description',
    file: 'apps/backend/src/edge/engine-proxy/engine-proxy.ts',
    find: 'return isDeepStrictEqual(wanted, { ...present.Spec, Availability: wanted.Availability });',
    replace: 'return true;',
    harm: 'a taken backend makes any node a manager',
    test: { ...line, name: 'the backend’s way to the manager' },
  },
  {
    id: 'certificate-renewal',
    file: 'apps/backend/src/infra/swarm/authority.ts',
    find: 'export const RENEW_MS = 10 * DAY_MS;',
    replace: 'export const RENEW_MS = 0;',
    harm: 'every node is cut off for a moment each month',
    test: { ...line, name: 'a certificate is renewed' },
  },
  {
    id: 'drain-all-at-once',
    file: 'apps/backend/src/workers/node-drain.ts',
    find: 'if (await tx.operation.count({ where: leaving })) return null;',
    replace: '',
    harm: 'a drain stops all agents of a node at the same time',
    test: loss,
  },
  {
    id: 'lost-node-silent',
    file: 'apps/backend/src/workers/reconciler.ts',
    find: "const lost = container?.problem && agent.state === 'running' && !busy;",
    replace: 'const lost = false;',
    harm: 'agents of a lost node are said to run',
    test: loss,
  },
  {
    id: 'second-self',
    file: 'apps/backend/src/infra/swarm/swarm-host.ts',
    find: 'void removeStrays(node)',
    replace: 'void Promise.resolve()',
    harm: 'an agent answers twice when its former node is back',
    test: loss,
  },
  {
    id: 'lost-node-forgotten',
    file: 'apps/backend/src/workers/garbage-collector.ts',
    find: 'new Set(isComplete ? records.keys() : orphans.map(recordKey))',
    replace: 'new Set(records.keys())',
    harm: 'the data of an agent that was deleted while its node was lost stays there for ever',
    test: loss,
  },
  {
    id: 'lost-node-unmarked',
    file: 'apps/backend/src/workflows/remove.ts',
    find: 'if (await host.removeAll(names, agent.ownerId)) return;',
    replace: 'await host.removeAll(names, agent.ownerId);\n    if (names) return;',
    harm: 'nothing removes what a deleted agent has on a node that was lost',
    test: loss,
  },
];
