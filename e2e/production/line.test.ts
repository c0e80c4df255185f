import { once } from 'node:events';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { takeAgentSlots } from '@agentbot/test-doubles/agent-slots';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freePorts } from '../free-ports.ts';
import { WebSession } from '../web-session.ts';
import { ensureBaseImages } from './base-images.ts';
import { run } from './command.ts';
import { createInstallation, type Installation, newSecrets } from './installation.ts';

/**
 * The life of an installation under the real docker-compose.yml, step by step, as an operator runs it: from the build to its loss.
 * Base images that cannot be pulled are made here (base-images.ts).
 */

const INSTALLATION = 'production';
const MODEL_KEY = canary('sk-production-');
const PASSWORD = canary('correct horse battery ');

let slots: Awaited<ReturnType<typeof takeAgentSlots>>;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let installation: Installation;
let web: string;
let backend: string;
let owner: WebSession;
let ownerId: string;
let agentId: string;
/** What the run measured, for its last lines. */
const measured: string[] = [];

/** A setting of the host, which the firewall's service changes. */
const MIGRATE_CONNECTIONS = '/proc/sys/net/ipv4/tcp_migrate_req';
const migratedBefore = readFileSync(MIGRATE_CONNECTIONS, 'utf8');

beforeAll(async () => {
  writeFileSync(MIGRATE_CONNECTIONS, '0');
  slots = await takeAgentSlots();
  model = await startModelProvider({ apiKey: MODEL_KEY });
  const [webPort, backendPort, gatewayPort, postgresPort, egressPort] = (await freePorts(5)).map(String) as [
    string,
    string,
    string,
    string,
    string,
  ];
  web = `http://localhost:${webPort}`;
  backend = `http://127.0.0.1:${backendPort}`;
  installation = await createInstallation('agentbot-production', {
    ...newSecrets(),
    ...slots.settings,
    AGENTBOT_VERSION: 'production',
    INSTALLATION,
    NEXTAUTH_URL: web,
    WEB_PORT: webPort,
    BACKEND_PORT: backendPort,
    GATEWAY_PORT: gatewayPort,
    POSTGRES_PORT: postgresPort,
    EGRESS_PORT: egressPort,
    OPENCLAW_IMAGE: 'agentbot/openclaw:2026.3.13',
    ALLOW_PRIVATE_MODEL_ENDPOINTS: 'true',
    API_RATE_LIMIT: '100000',
  });
  await installation.destroy();
});

afterAll(async () => {
  await installation?.destroy();
  await installation?.forget();
  await model?.close();
  await slots?.release();
  writeFileSync(MIGRATE_CONNECTIONS, migratedBefore);
  process.stdout.write(`\n${measured.join('\n')}\n`);
});

/** Runs a step, and notes how long it took. */
async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work();
  measured.push(`${((performance.now() - start) / 1000).toFixed(1).padStart(7)} s  ${what}`);
  return result;
}

const up = (...options: string[]) => installation.compose('up', '--detach', '--wait', '--wait-timeout', '240', ...options);
const agentStatus = async () => (await owner.call('GET', `/api/agents/${agentId}`)).body.agent.status;
const becomesActive = () =>
  pollUntil('the agent is active', async () => (await agentStatus()) === 'active', { seconds: 240, everyMs: 500 });

/** Says something to the agent, and expects the model's echo as the reply. */
async function expectReply(words: string): Promise<void> {
  const { status, body } = await owner.call('POST', '/api/chat', { body: { message: words, agentId } });
  expect([status, body.reply]).toEqual([200, `You said: ${words}`]);
}

/** The texts of all of the agent's messages, newest first. */
async function messages(): Promise<string[]> {
  const texts: string[] = [];
  for (let isLast = false; !isLast; ) {
    const { body } = await owner.call('GET', `/api/agents/${agentId}/messages?limit=100&offset=${texts.length}`);
    texts.push(...body.messages.map(({ content }: { content: string }) => content));
    isLast = body.messages.length < 100;
  }
  return texts;
}

/**
 * Sends requests of each kind one after another: reads and chat with the owner's session, and reads with a key on a connection
 * each. An answer that is not 200 is a failure.
 */
function startLoad() {
  const counts = new Map<string, number>();
  const slowest = new Map<string, number>();
  const failures: string[] = [];
  let isRunning = true;
  const repeat = async (kind: string, request: (count: number) => Promise<unknown>) => {
    for (let count = 0; isRunning; count += 1, await sleep(50)) {
      const start = performance.now();
      const problem = await request(count).catch((error: Error) => `${error.message} ${error.cause ?? ''}`);
      if (problem !== 200) failures.push(`${kind} ${count}: ${problem}`);
      counts.set(kind, count + 1);
      slowest.set(kind, Math.max(slowest.get(kind) ?? 0, performance.now() - start));
    }
  };
  const statusOf = (url: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = { authorization: `Bearer ${installation.settings.INTERNAL_API_KEY}`, 'x-user-id': ownerId };
      http
        .get(url, { headers, agent: false }, (response) => response.resume().once('end', () => resolve(response.statusCode)))
        .on('error', reject);
    });
  const running = Promise.all([
    repeat('the list in the dashboard', async () => (await owner.call('GET', '/api/overview')).status),
    repeat('chat', async (count) => {
      const { status, body } = await owner.call('POST', '/api/chat', { body: { message: `Message ${count}`, agentId } });
      return body.reply === `You said: Message ${count}` ? status : `${status} ${JSON.stringify(body)}`;
    }),
    repeat('the API', () => statusOf(`${backend}/api/agents/${agentId}`)),
    repeat('the sign-in page', () => statusOf(`${web.replace('localhost', '127.0.0.1')}/signin`)),
  ]);
  return {
    counts,
    failures,
    figures: () =>
      [...counts].map(
        ([kind, count]) => `${String(count).padStart(8)}   ${kind}, slowest ${((slowest.get(kind) ?? 0) / 1000).toFixed(1)} s`,
      ),
    async stop() {
      isRunning = false;
      await running;
    },
  };
}

/** The `docker compose` commands of a document, or of its section with this heading, in order, without `docker compose`. */
function composeCommands(document: string, heading?: string): string[][] {
  const text = readFileSync(path.join(import.meta.dirname, '../..', document), 'utf8');
  const section = heading ? `\n${text}`.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] : text;
  return (section ?? '').split('\n').flatMap((line) => {
    const command = /^\s*docker compose (.+)$/.exec(line)?.[1];
    return command ? [command.split(' ')] : [];
  });
}

const imageMegabytes = async (name: string) => Number(await run('docker', ['image', 'inspect', '--format', '{{.Size}}', name])) / 1e6;

test('the images are built, and each is small above its base', async () => {
  const sources = await timed('base images', ensureBaseImages);
  measured.push(...Object.entries(sources).map(([name, source]) => `           ${name}: ${source}`));
  await timed('docker compose build', () => installation.compose('build'));
  const base = await imageMegabytes('node:24-slim');
  const sizes = new Map<string, number>();
  for (const name of ['web', 'backend', 'firewall']) {
    const size = Math.round((await imageMegabytes(`agentbot/${name}:production`)) - base);
    sizes.set(name, size);
    measured.push(`${String(size).padStart(6)} MB  ${name} above its base`);
  }
  expect(sizes.get('web')).toBeLessThanOrEqual(250);
  expect(sizes.get('backend')).toBeLessThanOrEqual(200);
  expect(sizes.get('firewall')).toBeLessThanOrEqual(40);
});

test.each([
  'INTERNAL_API_KEY',
  'NEXTAUTH_SECRET',
  'ASSERTION_SECRET',
  'ENCRYPTION_KEYS',
  'POSTGRES_PASSWORD',
  'DATABASE_PASSWORD',
  'DOCKER_GID',
])('without %s nothing starts, and the sentence names it', async (name) => {
  const { [name]: value = '' } = installation.settings;
  await installation.change({ [name]: '' });
  const { code, output } = await installation.tryCompose('up', '--detach', '--wait');
  await installation.change({ [name]: value });
  expect(code).not.toBe(0);
  expect(output).toContain(`set ${name} in .env`);
});

test('a DOCKER_GID of another group ends `up`, and the log names the right one', async () => {
  const { DOCKER_GID = '' } = installation.settings;
  const wrong = '54321';
  await installation.change({ DOCKER_GID: wrong });
  const { code, output } = await installation.tryCompose('up', '--detach', '--wait', '--wait-timeout', '240');
  expect(code).not.toBe(0);
  expect(output).toContain('engine-proxy');
  const { output: log } = await installation.tryCompose('logs', 'engine-proxy');
  expect(log).toContain(`DOCKER_GID=${statSync('/var/run/docker.sock').gid}`);
  await installation.compose('down', '--volumes');
  await installation.change({ DOCKER_GID });
});

test('`up` brings a healthy installation, and the first account is its administrator', async () => {
  await timed('docker compose up --wait', () => up());
  expect(await (await fetch(`${backend}/health/ready`)).json()).toMatchObject({
    status: 'ready',
    parts: { database: 'ok', engine: 'ok', image: 'ok', queue: 'ok', firewall: 'ok' },
  });
  // Connections that wait at a backend that ends move to the next one.
  expect(readFileSync(MIGRATE_CONNECTIONS, 'utf8').trim()).toBe('1');
  owner = new WebSession(web);
  const { status, body } = await owner.call('POST', '/api/register', { body: { email: 'ada@example.com', password: PASSWORD } });
  expect(status).toBe(201);
  ownerId = body.id;
  expect(await owner.signIn('ada@example.com', PASSWORD)).toBe(200);
  expect((await owner.call('GET', '/api/me')).body).toMatchObject({ email: 'ada@example.com', admin: true });
});

test('an agent gets a container and answers', async () => {
  const { body } = await timed('agent provisioned', async () => {
    const answer = await owner.call('POST', '/api/agents/provision', {
      body: {
        name: 'Heron',
        model: 'custom',
        config: { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: MODEL_KEY },
      },
    });
    agentId = answer.body.agent.id;
    await becomesActive();
    return answer;
  });
  expect(body.agent.id).toMatch(/^agent_[a-z0-9]{12}$/);
  await expectReply('The heron flies at dawn');
});

test('the services together and an idle agent need less than a gigabyte each', async () => {
  const ids = (await installation.compose('ps', '--quiet')).split('\n');
  const lines = await run('docker', ['stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}}', ...ids, `openclaw-${agentId}`]);
  let services = 0;
  for (const line of lines.split('\n')) {
    const [, name = '', amount = '', unit = ''] = /^(\S+) ([\d.]+)([KMG]iB)/.exec(line) ?? [];
    const mebibytes = Number(amount) * { KiB: 1 / 1024, MiB: 1, GiB: 1024 }[unit as 'KiB' | 'MiB' | 'GiB'];
    measured.push(`${mebibytes.toFixed(0).padStart(5)} MiB  ${name}`);
    if (name.startsWith('openclaw-')) expect(mebibytes).toBeLessThan(1024);
    else services += mebibytes;
  }
  expect(services).toBeGreaterThan(50);
  expect(services).toBeLessThan(1024);
});

test('a backup can be restored: what was said after it is gone for the agent, what was said before stays', async () => {
  const { body, status } = await timed('backup', () => owner.call('POST', `/api/agents/${agentId}/backups`));
  expect([status, body.backup.cause]).toEqual([201, 'manual']);
  await expectReply('Said after the backup');
  const restored = await timed('restore', () => owner.call('POST', `/api/agents/${agentId}/backups/${body.backup.id}/restore`));
  expect(restored.status).toBe(200);
  await becomesActive();
  await expectReply('Said after the restore');
});

test.each(['web', 'backend', 'engine-proxy', 'firewall', 'postgres'])('%s is back by itself after kill -9', async (service) => {
  const [id = ''] = (await installation.compose('ps', '--quiet', service)).split('\n');
  const inspect = (format: string) => run('docker', ['inspect', '--format', format, id]);
  const startedAt = await inspect('{{.State.StartedAt}}');
  const pid = Number(await inspect('{{.State.Pid}}'));
  process.kill(pid, 'SIGKILL');
  await timed(`${service} healthy again after kill -9`, () =>
    pollUntil(
      `${service} is healthy again`,
      async () => (await inspect('{{.State.StartedAt}}')) !== startedAt && (await inspect('{{.State.Health.Status}}')) === 'healthy',
      { seconds: 120, everyMs: 500 },
    ),
  );
  await pollUntil('the backend is ready', async () => (await fetch(`${backend}/health/ready`).catch(() => null))?.ok ?? false, {
    everyMs: 500,
  });
  await pollUntil('the agent is reached again', async () => (await agentStatus().catch(() => null)) === 'active', { everyMs: 500 });
  await expectReply(`Said after the end of ${service}`);
});

test('`down` leaves the agents running, and `up` finds them again', async () => {
  const container = `openclaw-${agentId}`;
  const startedAt = await run('docker', ['inspect', '--format', '{{.State.StartedAt}}', container]);
  await timed('docker compose down', () => installation.compose('down'));
  await timed('docker compose up again', () => up());
  expect(await run('docker', ['inspect', '--format', '{{.State.StartedAt}}', container])).toBe(startedAt);
  // The session is a row of the database: it outlives the services.
  await becomesActive();
  await expectReply('Said after down and up');
  expect(await messages()).toContain('You said: The heron flies at dawn');
});

test.each([
  ['POSTGRES_PASSWORD', 'migrate', () => newSecrets().POSTGRES_PASSWORD, 'POSTGRES_PASSWORD in .env'],
  ['ENCRYPTION_KEYS', 'backend', () => 'k1:short', 'ENCRYPTION_KEYS: '],
  ['INTERNAL_API_KEY', 'backend', () => 'changeme-changeme-changeme-changeme', 'INTERNAL_API_KEY: '],
  ['BACKEND_PORT', 'backend', () => installation.settings.POSTGRES_PORT, 'BACKEND_PORT'],
])('a wrong %s ends `up`, and the log of %s names it', async (name, service, wrong, sentence) => {
  const { [name]: value = '' } = installation.settings;
  await installation.change({ [name]: wrong() ?? '' });
  const { code } = await installation.tryCompose('up', '--detach', '--wait', '--wait-timeout', '40');
  expect(code).not.toBe(0);
  expect((await installation.tryCompose('logs', '--tail', '50', service)).output).toContain(sentence);
  await installation.change({ [name]: value });
  await up();
});

test('a changed DATABASE_PASSWORD takes effect with the next `up`', async () => {
  await installation.change({ DATABASE_PASSWORD: newSecrets().DATABASE_PASSWORD ?? '' });
  await up();
  await expectReply('Said after the new password');
});

describe('docs/operate/deploy.md, "Upgrade", followed to the letter', () => {
  const [backup = [], ...replace] = composeCommands('docs/operate/deploy.md', 'Upgrade');
  const VERSION = 'production-next';

  test('under a load of reads and of chat no request fails, and the new version serves', async () => {
    expect(backup).toEqual('run --rm installation-backup node src/app/cli/installation-backup.ts'.split(' '));
    const load = startLoad();
    try {
      await installation.change({ AGENTBOT_VERSION: VERSION });
      // `git pull` is what the tag stands for: the images get other labels.
      await timed('upgrade under load', async () => {
        for (const command of replace) await installation.compose(...command);
      });
    } finally {
      await load.stop();
    }
    measured.push(...load.figures());
    expect(load.failures).toEqual([]);
    for (const count of load.counts.values()) expect(count).toBeGreaterThan(5);
    const images = await run('docker', [
      'ps',
      '--format',
      '{{.Image}}',
      '--filter',
      'label=com.docker.compose.project=agentbot-production',
    ]);
    expect(images.split('\n').sort()).toEqual([
      ...['backend', 'backend', 'firewall', 'web'].map((name) => `agentbot/${name}:${VERSION}`),
      'postgres:18-alpine',
    ]);
    await expectReply('Said after the upgrade');
  });
});

describe('with the profile tls', () => {
  let port: number;
  let authority: string;
  /** Asks Caddy for an address, as a client that trusts its authority. */
  const ask = (host: string, path: string) =>
    new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port,
        servername: host,
        path,
        ca: authority,
        headers: { host: `${host}:${port}` },
        agent: false,
      };
      const request = https.get(options, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, text }));
      });
      request.on('error', reject);
    });

  test('dashboard, API and agents have certificates at their names', async () => {
    const [httpPort, httpsPort] = (await freePorts(2)) as [number, number];
    port = httpsPort;
    await installation.change({
      HTTP_PORT: String(httpPort),
      HTTPS_PORT: String(httpsPort),
      TLS_ISSUER: 'internal',
      NEXTAUTH_URL: `https://dashboard.localhost:${httpsPort}`,
      PUBLIC_API_URL: `https://api.localhost:${httpsPort}`,
      GATEWAY_PUBLIC_URL: `https://gateway.localhost:${httpsPort}`,
    });
    await timed('docker compose --profile tls up --wait', () =>
      installation.compose('--profile', 'tls', 'up', '--detach', '--wait', '--wait-timeout', '240'),
    );
    const rootFile = '/data/caddy/pki/authorities/local/root.crt';
    const readRoot = () => installation.tryCompose('--profile', 'tls', 'exec', '-T', 'tls', 'cat', rootFile);
    await pollUntil('Caddy has an authority', async () => (await readRoot()).code === 0, { everyMs: 500 });
    authority = (await readRoot()).output;
    await pollUntil('the dashboard answers', async () => (await ask('dashboard.localhost', '/signin').catch(() => null))?.status === 200);
    expect(await ask('api.localhost', '/health')).toMatchObject({ status: 200, text: expect.stringContaining('"status":"ok"') });
    // The page's own links and cookies are those of the secure address.
    expect((await ask('dashboard.localhost', '/api/auth/providers')).text).toContain(`https://dashboard.localhost:${port}/api/auth`);
    // The address that the dashboard shows: a certificate may not name an underscore.
    const headers = { authorization: `Bearer ${installation.settings.INTERNAL_API_KEY}`, 'x-user-id': ownerId };
    const { hostname } = new URL(((await (await fetch(`${backend}/api/agents/${agentId}`, { headers })).json()) as { url: string }).url);
    expect(hostname).toBe(`${agentId.replace('_', '-')}.agents.localhost`);
    expect(await ask(hostname, '/healthz')).toMatchObject({ status: 200, text: expect.stringContaining('"ok":true') });
    // What the administrator's test of the domain asks for.
    expect(await ask('setup-test.agents.localhost', '/')).toMatchObject({
      status: 404,
      text: expect.stringContaining('No agent has this address'),
    });
    expect(await ask('gateway.localhost', `/agent/${agentId}/healthz`)).toMatchObject({ status: 200 });
  });

  test('a host name without an agent gets no certificate', async () => {
    await expect(ask('agent-nobody000000.agents.localhost', '/')).rejects.toThrow();
    await expect(ask('elsewhere.example', '/')).rejects.toThrow();
  });

  test.each(['/metrics', '/docs', '/openapi.json', '/health/ready', '/tls/agent?domain=gateway.localhost'])(
    '%s is for this machine alone',
    async (path) => {
      expect((await ask('api.localhost', path)).status).toBe(404);
    },
  );

  test('plain HTTP leads to HTTPS', async () => {
    const options = {
      host: '127.0.0.1',
      port: Number(installation.settings.HTTP_PORT),
      path: '/signin',
      headers: { host: 'dashboard.localhost' },
    };
    const [response] = (await once(http.get(options), 'response')) as [http.IncomingMessage];
    response.resume();
    expect([response.statusCode, response.headers.location]).toEqual([
      308,
      expect.stringMatching(/^https:\/\/dashboard\.localhost(:\d+)?\/signin$/),
    ]);
  });

  test('without the profile the installation is as before', async () => {
    await installation.change({
      HTTP_PORT: '',
      HTTPS_PORT: '',
      TLS_ISSUER: '',
      NEXTAUTH_URL: web,
      PUBLIC_API_URL: '',
      GATEWAY_PUBLIC_URL: '',
    });
    await installation.compose('--profile', 'tls', 'rm', '--stop', '--force', 'tls');
    await up();
    await becomesActive();
  });
});

describe('docs/operate/backup.md and disaster-recovery.md, followed to the letter', () => {
  const [schedule = [], single = []] = composeCommands('docs/operate/backup.md');
  const [startDatabase = [], restore = [], startAll = []] = composeCommands('docs/operate/disaster-recovery.md');

  test('the schedule makes a backup at once', async () => {
    expect(schedule).toEqual(['--profile', 'backup', 'up', '-d']);
    await installation.compose(...schedule);
    const log = async () => (await installation.tryCompose('--profile', 'backup', 'logs', 'installation-backup')).output;
    await timed('scheduled backup', () =>
      pollUntil('the first backup is there', async () => (await log()).includes('3 archives of agents'), { everyMs: 500 }),
    );
  });

  test('a single backup names the keys that are not in it', async () => {
    await expectReply('Said before the last backup');
    const output = await timed('backup of the installation', () => installation.compose(...single));
    expect(output).toMatch(/rows of \d+ tables, 3 archives of agents/);
    expect(output).toContain('Keep these keys of ENCRYPTION_KEYS elsewhere, they are not in it: k1');
  });

  test('on an empty machine everything comes back, and the agent answers with its history', async () => {
    const kept = await mkdtemp(path.join(os.tmpdir(), 'agentbot-kept-'));
    const volume = 'agentbot-production_installation-backups';
    const mounts = ['run', '--rm', '--volume', `${volume}:/from`, '--volume', `${kept}:/to`, 'node:24-slim'];
    await run('docker', [...mounts, 'sh', '-c', 'cp -a /from/. /to/ && chown 1000:1000 /to']);
    await installation.destroy();
    const left = await run('docker', ['ps', '--all', '--quiet', '--filter', `label=agentbot.installation=${INSTALLATION}`]);
    expect(left).toBe('');

    await installation.change({ INSTALLATION_BACKUP_DIR: kept });
    await timed('disaster recovery', async () => {
      await installation.compose(...startDatabase);
      expect(await installation.compose(...restore)).toMatch(/Restored \S+: 1 accounts, 1 agents, 3 archives/);
      await installation.compose(...startAll);
      await pollUntil(
        'the agent has a container',
        async () => (await run('docker', ['ps', '--quiet', '--filter', `name=openclaw-${agentId}`])) !== '',
        {
          seconds: 120,
          everyMs: 500,
        },
      );
      await becomesActive();
    });
    // The cookie of before the loss: the session is a row of the database.
    expect(await messages()).toEqual(
      expect.arrayContaining(['You said: The heron flies at dawn', 'You said: Said before the last backup']),
    );
    const calls = model.requests.length;
    await expectReply('Do you remember the heron?');
    // The agent's own transcript is back as well: the model gets what was said before.
    expect(JSON.stringify(model.requests.slice(calls).map(({ body }) => body))).toContain('Said before the last backup');
    await rm(kept, { recursive: true, force: true });
  });
});
