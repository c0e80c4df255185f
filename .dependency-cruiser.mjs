// The layers and who may import whom: ARCHITECTURE.md. `pnpm verify` checks these rules.

/** The backend's layers, highest first: imports go only downwards. */
const LAYERS = ['app', 'http', 'edge', 'workers', 'workflows', 'domain', 'infra', 'config', 'shared'];

/** The domain's modules, highest first: imports go only downwards, so the modules form no cycle. */
const DOMAIN = [
  'offboarding',
  'overview',
  'verification',
  'cloning',
  'interaction',
  'workspace',
  'nodes',
  'backups',
  'provisioning',
  'channels',
  'conversations',
  'usage',
  'notices',
  'telemetry',
  'operations',
  'agents',
  'provider-keys',
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
      to: { path: 'node_modules/(express|cors|helmet)/' },
    },
    {
      name: 'docker-only-in-its-room',
      severity: 'error',
      comment: 'Docker is behind the port infra/docker/container-host.ts',
      from: { path: `${backend}/`, pathNot: `${backend}/infra/(docker|swarm)/` },
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
      name: 'web-feature-imports-feature',
      severity: 'error',
      comment: 'A feature does not import another feature: share code through lib or components, compose in app.',
      from: { path: `${web}/features/([^/]+)/` },
      to: { path: `${web}/features/`, pathNot: `${web}/features/$1/` },
    },
    {
      name: 'web-features-upwards',
      severity: 'error',
      comment: 'A feature imports components and lib only; pages pass it what the server read.',
      from: { path: `${web}/features/` },
      to: { path: `${web}/`, pathNot: `${web}/(features|components|lib)/` },
    },
    {
      name: 'web-components-upwards',
      severity: 'error',
      comment: 'A component imports other components and lib only.',
      from: { path: `${web}/components/` },
      to: { path: `${web}/`, pathNot: `${web}/(components|lib)/` },
    },
    {
      name: 'web-ui-knows-no-domain',
      severity: 'error',
      comment: 'components/ui shows values; it calls no API and knows no agent.',
      from: { path: `${web}/components/ui/` },
      to: { path: `${web}/`, pathNot: `${web}/(components/ui/|lib/language/|lib/(elapsed|format|options|hooks/use-hydrated)[.]ts$)` },
    },
    {
      name: 'web-lib-upwards',
      severity: 'error',
      comment: 'lib is the lowest layer: it imports lib only.',
      from: { path: `${web}/lib/` },
      to: { path: `${web}/`, pathNot: `${web}/lib/` },
    },
    {
      name: 'web-server-upwards',
      severity: 'error',
      comment: 'Server code imports lib and config only, never what a browser draws.',
      from: { path: `${web}/server/` },
      to: { path: `${web}/`, pathNot: `${web}/(server/|lib/|config[.]ts$)` },
    },
    {
      name: 'web-loose-file',
      severity: 'error',
      comment: 'A file of features stands in the folder of its feature.',
      from: { path: `${web}/features/[^/]+$` },
      to: {},
    },
    {
      name: 'web-imports-no-backend',
      severity: 'error',
      comment: 'The web reaches the backend over HTTP and shares only the contracts with it.',
      from: { path: '^apps/web/' },
      to: { path: '^(apps/backend|packages/(?!contracts/|config/))' },
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
