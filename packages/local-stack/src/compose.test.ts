import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { parse } from 'yaml';

/** Compares docker-compose.yml and the Dockerfiles with what README, docs and their own comments promise. */

const root = path.join(import.meta.dirname, '../../..');
const read = (name: string) => readFileSync(path.join(root, name), 'utf8');

interface Service {
  profiles?: string[];
  build?: { context: string; dockerfile: string; target?: string; args?: Record<string, string> };
  image?: string;
  restart: string;
  command?: string[];
  network_mode?: string;
  read_only?: boolean;
  cap_drop?: string[];
  cap_add?: string[];
  security_opt?: string[];
  group_add?: string[];
  privileged?: boolean;
  ports?: string[];
  volumes?: string[];
  tmpfs?: string[];
  depends_on?: Record<string, { condition: string }>;
  environment: Record<string, string>;
  healthcheck?: { test: string[] };
  stop_grace_period?: string;
  mem_limit?: string;
  pids_limit?: number;
  user?: string;
  logging?: { driver: string; options: Record<string, string> };
}
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const { services } = compose;
const service = (name: string): Service => {
  const found = services[name];
  if (!found) throw new Error(`docker-compose.yml has no service ${name}`);
  return found;
};
const built = Object.entries(services).filter(([, { build }]) => build);

test('docker compose builds and runs Postgres, migration, engine proxy, firewall, backend and web; a swarm, backups and TLS on demand', () => {
  expect(Object.keys(services)).toEqual([
    'postgres',
    'migrate',
    'engine-proxy',
    'firewall',
    'backend',
    'swarm-nodes',
    'installation-backup',
    'web',
    'tls',
  ]);
  expect(built.map(([name]) => name)).toEqual([
    'migrate',
    'engine-proxy',
    'firewall',
    'backend',
    'swarm-nodes',
    'installation-backup',
    'web',
  ]);
  expect(Object.entries(services).flatMap(([name, { profiles }]) => (profiles ? [[name, profiles]] : []))).toEqual([
    ['swarm-nodes', ['swarm']],
    ['installation-backup', ['backup']],
    ['tls', ['tls']],
  ]);
  // The services come back after a reboot. The migration ends, and runs again at each `up`.
  for (const [name, { restart }] of Object.entries(services))
    expect([name, restart]).toEqual([name, name === 'migrate' ? 'no' : 'unless-stopped']);
});

test.each(built)(
  'the service %s is built from a stage that exists, and its command starts a file that exists',
  (_name, { build, command }) => {
    const dockerfile = read(build?.dockerfile ?? '');
    const stages = [...dockerfile.matchAll(/^FROM \S+(?: AS (\S+))?$/gm)].map(([, stage]) => stage);
    if (build?.target) expect(stages).toContain(build.target);
    // Without a target the last stage is built.
    const text = build?.target ? stageOf(dockerfile, build.target) : dockerfile.slice(dockerfile.lastIndexOf('\nFROM '));
    const [, given = '[]'] = /^CMD (\[.*\])$/m.exec(text) ?? [];
    const [node, ...words] = command ?? (JSON.parse(given) as string[]);
    const script = words.find((word) => !word.startsWith('--')) ?? '';
    expect(node).toBe('node');
    const folder = path.dirname(path.join(root, build?.dockerfile ?? ''));
    // Next writes its own server, and a file that the image copies prepares it.
    if (script.endsWith('/next.ts')) expect(existsSync(path.join(root, script.replace(/^\/app\//, '')))).toBe(true);
    if (words.includes('server.js')) expect(text).toContain('/.next/standalone ./');
    else expect(existsSync(path.join(folder, script))).toBe(true);
  },
);

test('the firewall’s command loads no package but those of its image', () => {
  const packages = new Set<string>();
  const seen = new Set<string>();
  function follow(file: string): void {
    if (seen.has(file)) return;
    seen.add(file);
    for (const [, isType, name = ''] of readFileSync(file, 'utf8').matchAll(
      /^(?:import|export)( type)?(?: [^'"=]*? from)? '([^']+)';$/gm,
    )) {
      if (isType || name.startsWith('node:')) continue;
      if (name.startsWith('.')) follow(path.resolve(path.dirname(file), name));
      else packages.add(name.split('/', name.startsWith('@') ? 2 : 1).join('/'));
    }
  }
  follow(path.join(root, 'apps/backend/src/app/cli/host-firewall.ts'));
  follow(path.join(root, 'packages/contracts/src/index.ts'));
  expect([...packages].sort()).toEqual(['@agentbot/contracts', 'zod']);
  const stage = stageOf(read('apps/backend/Dockerfile'), 'firewall-dependencies');
  for (const name of packages) expect(stage).toContain(` apps/backend/node_modules/${name} `.trimEnd());
});

/** The lines of one stage of a Dockerfile. */
function stageOf(dockerfile: string, stage: string): string {
  const [, text = ''] = new RegExp(`^FROM \\S+ AS ${stage}\\n([\\s\\S]*?)(?=^FROM |(?![\\s\\S]))`, 'm').exec(dockerfile) ?? [];
  return text;
}

/** The capabilities that a service needs: the firewall for the packet filter, the TLS proxy for ports below 1024. */
const added: Record<string, string[]> = { firewall: ['NET_ADMIN', 'NET_RAW'], tls: ['NET_BIND_SERVICE'] };

test.each(Object.entries(services))(
  'the service %s drops all capabilities, gains no privilege, writes to no image, has limits and rotated logs',
  (name, { cap_drop, security_opt, cap_add, privileged, read_only, mem_limit, pids_limit, logging }) => {
    expect([cap_drop, security_opt, privileged, read_only]).toEqual([['ALL'], ['no-new-privileges:true'], undefined, true]);
    expect(cap_add).toEqual(added[name]);
    expect(mem_limit).toMatch(/^(\$\{[A-Z]+_MEMORY:-)?\d+[mg]\}?$/);
    expect(pids_limit).toBeGreaterThan(0);
    expect(logging).toEqual({ driver: 'json-file', options: { 'max-size': '10m', 'max-file': '5' } });
  },
);

test('the database runs as its own user: without capabilities its entrypoint cannot change it', () => {
  expect(service('postgres').user).toBe('postgres');
  expect(service('postgres').tmpfs).toEqual(['/tmp', '/var/run/postgresql']);
});

test('the images have the version and the revision as labels, and the version as their tag', () => {
  for (const [name, { build, image }] of built) {
    expect([name, image]).toEqual([name, expect.stringMatching(/^agentbot\/(backend|firewall|web):\$\{AGENTBOT_VERSION:-local\}$/)]);
    expect([name, build?.args]).toEqual([name, { VERSION: '${AGENTBOT_VERSION:-local}', REVISION: '${AGENTBOT_REVISION:-unknown}' }]);
  }
  const labels = /LABEL [\s\S]*?image\.version=\$VERSION[\s\S]*?image\.revision=\$REVISION/g;
  expect(read('apps/backend/Dockerfile').match(labels)).toHaveLength(2);
  expect(read('apps/web/Dockerfile').match(labels)).toHaveLength(1);
});

test('web and backend use the host’s network and listen on loopback; the database is published on loopback', () => {
  expect([service('web').network_mode, service('backend').network_mode]).toEqual(['host', 'host']);
  // BACKEND_HOST is not set: its default is 127.0.0.1. The web's address is in its Dockerfile.
  expect(service('backend').environment).not.toHaveProperty('BACKEND_HOST');
  expect(read('apps/web/Dockerfile')).toMatch(/^ENV HOSTNAME=127\.0\.0\.1 /m);
  expect(service('postgres').ports).toEqual(['127.0.0.1:${POSTGRES_PORT:-5432}:5432']);
  for (const [name, { ports }] of built) expect([name, ports]).toEqual([name, undefined]);
});

test('only the engine proxy and a swarm’s services of nodes mount the engine’s socket, in the group DOCKER_GID and without network; the backend gets the proxy’s socket', () => {
  const withEngine = Object.entries(services).filter(([, { volumes = [] }]) => volumes.some((volume) => volume.includes('docker.sock')));
  expect(withEngine.map(([name]) => name)).toEqual(['engine-proxy', 'swarm-nodes']);
  expect([service('swarm-nodes').network_mode, service('swarm-nodes').group_add]).toEqual(['none', ['${DOCKER_GID}']]);
  const { network_mode, group_add, command, volumes } = service('engine-proxy');
  expect([network_mode, group_add]).toEqual(['none', ['${DOCKER_GID:?set DOCKER_GID in .env}']]);
  const [listensOn, engine] = command?.slice(2) ?? [];
  expect(volumes).toEqual(['engine:/run/engine', `${engine}:${engine}`]);
  expect(service('backend').environment.DOCKER_HOST).toBe(`unix://${listensOn}`);
  expect(service('backend').volumes).toContain('engine:/run/engine');
});

test('the firewall has no secret, and the same subnet and ports as the backend', () => {
  const { environment, network_mode } = service('firewall');
  expect(Object.keys(environment)).toEqual(['AGENT_SUBNET', 'EGRESS_PORT', 'MODEL_GATEWAY_PORT']);
  for (const [name, value] of Object.entries(environment)) expect([name, service('backend').environment[name]]).toEqual([name, value]);
  // The engine proxy demands the installation and the runtime that the backend asks for.
  const { AGENT_RUNTIME, CONTAINER_HOST, INSTALLATION } = service('backend').environment;
  expect(service('engine-proxy').environment).toEqual({
    AGENT_SUBNET: environment.AGENT_SUBNET,
    AGENT_RUNTIME,
    CONTAINER_HOST,
    INSTALLATION,
  });
  expect([AGENT_RUNTIME, INSTALLATION]).toEqual([expect.stringContaining('AGENT_RUNTIME'), expect.stringContaining('INSTALLATION')]);
  expect(network_mode).toBe('host');
  expect(service('backend').environment.HOST_FIREWALL).toBe('off');
});

test('the backend starts after the migration and with a healthy engine proxy and firewall; the web starts after the backend', () => {
  expect(service('migrate').depends_on).toEqual({ postgres: { condition: 'service_healthy' } });
  expect(service('backend').depends_on).toEqual({
    migrate: { condition: 'service_completed_successfully' },
    'engine-proxy': { condition: 'service_healthy' },
    firewall: { condition: 'service_healthy' },
  });
  expect(service('web').depends_on).toEqual({ backend: { condition: 'service_healthy' } });
  for (const name of ['postgres', 'engine-proxy', 'firewall', 'backend', 'web']) expect(service(name).healthcheck?.test[0]).toMatch(/^CMD/);
});

test('only the migration and the installation’s backups know the owner’s password; the backend logs in as another user of the same database', () => {
  const owner = (name: string) => JSON.stringify(service(name).environment).includes('POSTGRES_PASSWORD');
  expect(Object.keys(services).filter(owner)).toEqual(['postgres', 'migrate', 'installation-backup']);
  const { MIGRATION_DATABASE_URL = '', DATABASE_URL = '' } = service('migrate').environment;
  expect(MIGRATION_DATABASE_URL).toMatch(/^postgresql:\/\/agentbot:/);
  expect(DATABASE_URL).toMatch(/^postgresql:\/\/agentbot_backend:/);
  const address = (url: string) => url.slice(url.lastIndexOf('@'));
  expect(address(MIGRATION_DATABASE_URL)).toBe(address(DATABASE_URL));
  expect(address(service('backend').environment.DATABASE_URL ?? '')).toBe(address(DATABASE_URL));
  expect(service('backend').environment.DATABASE_URL).toContain('agentbot_backend:${DATABASE_PASSWORD}');
  expect(service('backend').environment).not.toHaveProperty('MIGRATE_ON_START');
});

test('compose refuses to start without each secret that its first comment names', () => {
  const text = read('docker-compose.yml');
  const [comment = ''] = /^(#.*\n)+/.exec(text) ?? [];
  const named = [...new Set(comment.match(/\b[A-Z]+_[A-Z_]+\b/g))].sort();
  const demanded = [...new Set([...text.matchAll(/\$\{([A-Z_]+):\?set \1 in \.env\}/g)].map(([, name = '']) => name))].sort();
  expect(demanded).toEqual(named);
  expect(demanded).toHaveLength(7);
});

test('web and backend share ASSERTION_SECRET, run in production, and the web calls the backend’s port', () => {
  const [web, backend] = [service('web').environment, service('backend').environment];
  expect([web.NODE_ENV, backend.NODE_ENV, service('migrate').environment.NODE_ENV]).toEqual(['production', 'production', 'production']);
  expect(web.ASSERTION_SECRET).toBe('${ASSERTION_SECRET}');
  expect(backend.ASSERTION_SECRET).toMatch(/^\$\{ASSERTION_SECRET:/);
  expect(web.BACKEND_URL).toBe(`http://127.0.0.1:${backend.BACKEND_PORT}`);
  expect(web.PORT).toBe('${WEB_PORT:-3000}');
  expect(backend.DASHBOARD_URL).toBe(web.NEXTAUTH_URL);
});

test('the web reads every setting that compose gives it', () => {
  // Next's own server reads PORT.
  const known = `${read('apps/web/src/config.ts')}    PORT: z.`;
  const unknown = Object.keys(service('web').environment).filter(
    (name) => !known.includes(`    ${name}: z`) && !known.includes(`    ${name}: secret`),
  );
  expect(unknown).toEqual([]);
});

test('Docker gives backend and dashboard the longest DRAIN_SECONDS, and checks the health of each process by itself', () => {
  for (const name of ['backend', 'web']) {
    const { environment, healthcheck, stop_grace_period, tmpfs } = service(name);
    // The longest that the settings allow is 600 s.
    expect([name, Number.parseInt(stop_grace_period ?? '', 10) * 60 > 600, stop_grace_period]).toEqual([
      name,
      true,
      expect.stringMatching(/^\d+m$/),
    ]);
    expect([environment.HEALTH_SOCKET, tmpfs]).toEqual(['/tmp/health.sock', ['/tmp']]);
    expect(healthcheck?.test.at(-1)).toContain('socketPath: process.env.HEALTH_SOCKET');
  }
  expect(service('backend').environment.SHARE_PORTS).toBe('true');
});

test('data survives: database, backups and the engine’s socket are named volumes, and backups lie in one', () => {
  expect(Object.keys(compose.volumes)).toEqual([
    'engine',
    'postgres',
    'backups',
    'installation-backups',
    'swarm',
    'swarm-authority',
    'certificates',
    'caddy',
  ]);
  // The key that signs the nodes' certificates is not the backend's to read, and it cannot change its own certificate.
  expect(service('backend').volumes).toContain('swarm:/run/swarm:ro');
  expect(service('backend').volumes?.join()).not.toContain('swarm-authority');
  expect(service('postgres').volumes).toEqual(['postgres:/var/lib/postgresql']);
  expect(service('backend').volumes).toContain(`backups:${service('backend').environment.BACKUP_DIR}`);
  // A new volume takes the owner of the folder in the image: the backend's user must be able to write.
  const folders = '/backups /installation-backups /run/swarm /run/swarm-authority';
  expect(read('apps/backend/Dockerfile')).toContain(`mkdir --mode=700 ${folders} \\\n  && chown node:node ${folders} `);
});

test.each(['apps/backend/Dockerfile', 'apps/web/Dockerfile'])(
  '%s has the Node.js and the pnpm of package.json, and runs as the user node',
  (file) => {
    const text = read(file);
    const { engines, packageManager } = JSON.parse(read('package.json')) as { engines: { node: string }; packageManager: string };
    const major = /\d+/.exec(engines.node)?.[0];
    for (const [, image] of text.matchAll(/^FROM (node:\S+)/gm)) expect(image).toBe(`node:${major}-slim`);
    expect(text).toContain(`npx -y ${packageManager} install --frozen-lockfile`);
    const tools = JSON.parse(read('apps/backend/package.json')) as { devDependencies: { prisma: string } };
    for (const [, version] of text.matchAll(/npx -y prisma@(\S+) generate/g)) expect(version).toBe(tools.devDependencies.prisma);
    const run = file.includes('backend') ? stageOf(text, 'backend') : text;
    expect([...run.matchAll(/^USER (.*)$/gm)].map(([, user]) => user)).toEqual(['node']);
    for (const [, source = ''] of text.matchAll(/^COPY --from=\w+(?: --chown=\S+)? \/app\/(\S+)/gm))
      if (!source.includes('/.next/') && !source.includes('/generated'))
        expect([source, existsSync(path.join(root, source))]).toEqual([source, true]);
  },
);

test('the images hold no secret and no data of the checkout', () => {
  const ignored = read('.dockerignore').split('\n');
  for (const name of ['.env', '.data', '.git', '**/node_modules']) expect(ignored).toContain(name);
});
