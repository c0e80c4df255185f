// The layers and who may import whom: ARCHITECTURE.md. `pnpm verify` checks these rules.

/** The backend's layers, highest first: imports go only downwards. */
const LAYERS = ['app', 'http', 'edge', 'workers', 'workflows', 'domain', 'infra', 'config', 'shared'];

/** The domain's modules, highest first: imports go only downwards, so the modules form no cycle. */
const DOMAIN = [
  'overview',
  'verification',
  'cloning',
  'channels',
  'interaction',
  'backups',
  'provisioning',
  'conversations',
  'telemetry',
  'operations',
  'agents',
  'containers',
  'billing',
  'accounts',
  'streaming',
  'audit',
];

const backend = '^apps/backend/src';
const web = '^apps/web/src';

/** One rule for each folder of an ordered list: it imports none of those above it. */
function downwards(root, folders, prefix) {
  return folders.slice(1).map((folder, index) => ({
    name: `${prefix}-${folder}-imports-upwards`,
    severity: 'error',
    comment: `${folder} imports only itself and what is below it: ${folders.slice(index + 2).join(', ') || 'nothing'}`,
    from: { path: `${root}/${folder}/` },
    to: { path: `${root}/(${folders.slice(0, index + 1).join('|')})/` },
  }));
}

export default {
  forbidden: [
    {
      name: 'no-cycle',
      severity: 'error',
      comment: 'Modules that import each other cannot be read, or loaded, one after the other. Types alone may.',
      from: { path: '^(apps|packages)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...downwards(backend, LAYERS, 'backend'),
    ...downwards(`${backend}/domain`, DOMAIN, 'domain'),
    {
      name: 'domain-module-is-listed',
      severity: 'error',
      comment: 'A new module of the domain gets its place in the list DOMAIN of this file',
      from: { path: `${backend}/domain/` },
      to: { path: `${backend}/domain/[^/]+/`, pathNot: `${backend}/domain/(${DOMAIN.join('|')})/` },
    },
    {
      name: 'backend-file-is-in-a-layer',
      severity: 'error',
      comment: 'Every file of the backend lies in one of the layers',
      from: {},
      to: { path: `${backend}/`, pathNot: `${backend}/(${LAYERS.join('|')}|generated)/` },
    },
    {
      name: 'context-holds-types',
      severity: 'error',
      comment: 'domain/context.ts imports types only, so that a module may name the context that holds it',
      from: { path: `${backend}/domain/context\\.ts$` },
      to: { dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'express-only-in-transports',
      severity: 'error',
      comment: 'Only app and http know Express',
      from: { path: `${backend}/`, pathNot: `${backend}/(app|http)/` },
      to: { path: 'node_modules/(express|cors|helmet|pino-http)/' },
    },
    {
      name: 'docker-only-in-its-room',
      severity: 'error',
      comment: 'Docker is behind the port infra/docker/container-host.ts',
      from: { path: `${backend}/`, pathNot: `${backend}/infra/docker/` },
      to: { path: 'node_modules/(@types/)?dockerode/' },
    },
    {
      name: 'source-imports-no-test',
      severity: 'error',
      comment: 'What runs in production imports no test, bench or test double',
      from: { path: '^(apps|packages)/[^/]+/src/', pathNot: '(\\.test\\.ts$|^packages/test-doubles/)' },
      to: { path: '(^(apps|packages)/[^/]+/(test|bench)/|\\.test\\.ts$|^packages/test-doubles/)' },
    },
    {
      name: 'web-knows-no-server-parts',
      severity: 'error',
      comment: 'The web has no server of its own, no Docker and no database: it asks the backend',
      from: { path: `${web}/` },
      to: { path: ['node_modules/(express|(@types/)?dockerode|(@types/)?pg|@prisma)/', '^apps/backend/'] },
    },
    {
      name: 'contracts-know-zod-alone',
      severity: 'error',
      comment: 'Contracts are data that both sides and any client can load',
      from: { path: '^packages/contracts/src/', pathNot: '\\.test\\.ts$' },
      to: { pathNot: ['^packages/contracts/src/', 'node_modules/zod/'] },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    exclude: { path: ['^(apps|packages)/[^/]+/(\\.next|dist)/', '^apps/backend/src/generated/'] },
    doNotFollow: { path: 'node_modules' },
    moduleSystems: ['es6', 'cjs'],
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
