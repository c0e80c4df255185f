import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { removePostgresData } from '@agentbot/local-stack/postgres';
import { startStack } from '@agentbot/local-stack/stack';
import { takeAgentSlots } from '@agentbot/test-doubles/agent-slots';
import { canary, canaryKey, dumpDatabase, findInClear, readFiles } from '@agentbot/test-doubles/canaries';
import Docker from 'dockerode';
import { freePorts } from './free-ports.ts';

/**
 * Starts the whole system in production mode, on free ports and with its own installation name.
 */
export async function startWholeStack(settings: NodeJS.ProcessEnv = {}) {
  const slots = await takeAgentSlots();
  const docker = new Docker();
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'agentbot-e2e-'));
  const [web, backend, gateway] = await freePorts(3);
  const installation = `e2e-${path.basename(dataDir).slice(-6).toLowerCase()}`;
  const filters = { label: [`agentbot.installation=${installation}`] };
  const output: string[] = [];
  const stack = await startStack({
    environment: {
      ...process.env,
      DATABASE_URL: undefined,
      WEB_PORT: String(web),
      BACKEND_PORT: String(backend),
      GATEWAY_PORT: String(gateway),
      INSTALLATION: installation,
      ALLOW_PRIVATE_MODEL_ENDPOINTS: 'true',
      OPENCLAW_IMAGE: 'agentbot/openclaw:2026.3.13',
      CI: '1',
      INTERNAL_API_KEY: canary('internal-'),
      ASSERTION_SECRET: canary('assertion-'),
      NEXTAUTH_SECRET: canary('session-'),
      ENCRYPTION_KEYS: `test:${canaryKey()}`,
      ...slots.settings,
      ...settings,
    },
    dataDir,
    production: true,
    log: (line) => output.push(line),
  });

  /** The Docker resources of this installation. */
  async function listResources() {
    const [containers, volumes, networks] = await Promise.all([
      docker.listContainers({ all: true, filters }),
      docker.listVolumes({ filters }),
      docker.listNetworks({ filters }),
    ]);
    return { containers, volumes: volumes.Volumes ?? [], networks };
  }

  return {
    ...stack,
    docker,
    dataDir,
    /** Every line that the processes wrote. */
    output,
    listResources,
    /** Stops everything. @throws Error when the database, a backup or a log line contains a secret in clear text */
    async stop() {
      const database = await dumpDatabase(stack.databaseUrl);
      await stack.stop();
      const backups = await readFiles(path.join(dataDir, 'backups'));
      // A failed test leaves its agents behind.
      const { containers, volumes, networks } = await listResources();
      for (const { Id } of containers) await docker.getContainer(Id).remove({ force: true });
      for (const { Name } of volumes) await docker.getVolume(Name).remove();
      for (const { Id } of networks) await docker.getNetwork(Id).remove();
      removePostgresData(path.join(dataDir, 'postgres'));
      await rm(dataDir, { recursive: true, force: true });
      await slots.release();
      const found = findInClear({ database, backups, log: output.join('\n') });
      if (found.length > 0) throw new Error(`Secrets in clear text:\n${found.join('\n')}`);
    },
  };
}

export type WholeStack = Awaited<ReturnType<typeof startWholeStack>>;
