import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import Docker from 'dockerode';
import { pack } from 'tar-stream';
import { startBackendWithDocker } from '../test/backend.ts';
import { makeColdImage, WARM_IMAGE } from '../test/cold-image.ts';
import setup from '../test/global-setup.ts';
import teardown from '../test/global-teardown.ts';

/**
 * Measures the time from the request to a ready agent. The baseline is a bare `docker run` of the same image with the same
 * configuration, until the gateway responds on its port.
 */

const COLD_IMAGE = 'agentbot/openclaw-bench:cold';
const PORT = 32_900;
const docker = new Docker();

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Starts a bare container with an agent's configuration, and waits for its gateway. */
async function runBare(image: string, configuration: string): Promise<void> {
  const container = await docker.createContainer({
    name: `bench-${randomUUID()}`,
    Image: image,
    Env: ['OPENCLAW_GATEWAY_TOKEN=bench', 'AGENT_MODEL_API_KEY=k', 'TELEGRAM_BOT_TOKEN=1:x', 'OPENCLAW_NO_RESPAWN=1'],
    HostConfig: { PortBindings: { '18789/tcp': [{ HostIp: '127.0.0.1', HostPort: String(PORT) }] } },
  });
  try {
    const tar = pack();
    tar.entry({ name: 'openclaw.json', mode: 0o600, uid: 1000, gid: 1000 }, configuration);
    tar.finalize();
    await container.putArchive(tar as unknown as NodeJS.ReadableStream, { path: '/home/node/.openclaw' });
    await container.start();
    const ping = () =>
      fetch(`http://127.0.0.1:${PORT}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      );
    while (!(await ping())) await sleep(100);
  } finally {
    await container.remove({ force: true, v: true });
  }
}

async function main() {
  const removeCold = await makeColdImage(COLD_IMAGE);
  await setup();
  const model = await startModelProvider();
  const start = (image: string, base: number) =>
    startBackendWithDocker('bench', { AGENT_PORT_BASE: String(base), AGENT_SUBNET: '10.213.0.0/16', OPENCLAW_IMAGE: image });
  const config = { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: 'k', telegramToken: '1:x' };
  const rows: { what: string; seconds: number; baseline?: number }[] = [];

  for (const [image, base] of [
    [COLD_IMAGE, 32_000],
    [WARM_IMAGE, 32_400],
  ] as const) {
    const backend = await start(image, base);
    const owner = await backend.account();
    const provision = async () => {
      const { body } = await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Bench', model: 'custom', config });
      await backend.settled(body.agent.id);
      const after = await backend.as(owner, 'GET', `/api/agents/${body.agent.id}`);
      if (after.body.agent.status !== 'active') throw new Error(`The agent did not start: ${JSON.stringify(after.body)}`);
      return String(body.agent.id);
    };
    let id = '';
    const first = await timed(async () => {
      id = await provision();
    });
    const second = await timed(provision);
    const exec = await docker
      .getContainer(`openclaw-${id}`)
      .exec({ Cmd: ['cat', '/home/node/.openclaw/openclaw.json'], AttachStdout: true, Tty: true });
    const configuration = (await (await exec.start({ Tty: true })).toArray()).join('');
    const kind = image === COLD_IMAGE ? 'image without a cache' : 'image with its own cache';
    const bare = await timed(() => runBare(image, configuration));
    rows.push({ what: `${kind}: docker run by hand`, seconds: bare });
    rows.push({ what: `${kind}: first agent on this host`, seconds: first, baseline: bare });
    rows.push({ what: `${kind}: second agent`, seconds: second, baseline: bare });
    await backend.stop();
  }
  for (const { what, seconds, baseline } of rows) {
    console.log(`${seconds.toFixed(1).padStart(6)} s ${baseline ? `${(seconds / baseline).toFixed(2)} ×` : '      '}  ${what}`);
  }
  await model.close();
  await teardown();
  await removeCold();
}

await main();
