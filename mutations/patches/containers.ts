import type { Patch } from '../patch.ts';

const file = 'apps/backend/src/infra/docker/container-options.ts';
const test = { package: '@agentbot/backend', file: 'src/infra/docker/container-options.test.ts' };

/** What an agent's container is denied and given. */
export const containers: Patch[] = [
  {
    id: 'restart-policy',
    file,
    find: "{ Name: 'unless-stopped' }",
    replace: "{ Name: 'no' }",
    harm: 'a container that exits stays down',
    test,
  },
  { id: 'swap', file, find: 'MemorySwap: spec.memoryBytes', replace: 'MemorySwap: -1', harm: 'an agent swaps without limit', test },
  { id: 'memory', file, find: '      Memory: spec.memoryBytes,\n', replace: '', harm: 'one agent takes the memory of the host', test },
  {
    id: 'cpus',
    file,
    find: 'Math.round(spec.cpus * 1e9)',
    replace: 'Math.round(spec.cpus * 1e8)',
    harm: 'a tenth of the CPU that is paid for',
    test,
  },
  {
    id: 'archive-owner',
    file: 'apps/backend/src/infra/docker/volume-tar.ts',
    find: 'pax: null, uid: AGENT_UID, gid: AGENT_UID',
    replace: 'pax: null',
    harm: 'on an engine with user namespaces, no backup can be restored',
    test: { package: '@agentbot/backend', file: 'src/infra/docker/volume-tar.test.ts' },
  },
  { id: 'pids', file, find: '      PidsLimit: spec.pidsLimit,\n', replace: '', harm: 'a fork bomb stops the host', test },
  { id: 'capabilities', file, find: "CapDrop: ['ALL']", replace: 'CapDrop: []', harm: 'an agent has capabilities', test },
  { id: 'privileges', file, find: "SecurityOpt: ['no-new-privileges']", replace: 'SecurityOpt: []', harm: 'an agent becomes root', test },
  { id: 'read-only', file, find: 'ReadonlyRootfs: true', replace: 'ReadonlyRootfs: false', harm: 'an agent changes its system', test },
  { id: 'user', file, find: 'User: `${AGENT_UID}:${AGENT_UID}`', replace: "User: '0:0'", harm: 'an agent is root in its container', test },
  {
    id: 'published',
    file,
    find: 'HostIp: spec.bind.address',
    replace: "HostIp: '0.0.0.0'",
    harm: 'gateways are open to the network',
    test,
  },
  {
    id: 'shared-cache',
    file,
    find: 'Target: CACHE_MOUNT, ReadOnly: true',
    replace: 'Target: CACHE_MOUNT',
    harm: 'an agent writes code that others run',
    test,
  },
];
