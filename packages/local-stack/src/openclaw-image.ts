import { request } from 'node:http';

const OFFICIAL = 'ghcr.io/openclaw/openclaw:2026.3.13';
const BUILT_HERE = 'agentbot/openclaw:2026.3.13';

/** Whether the local engine has an image; `undefined` when no engine answers. */
export function hasImage(image: string, dockerHost: string | undefined): Promise<boolean | undefined> {
  const url = new URL(dockerHost ?? 'unix:///var/run/docker.sock');
  const where = url.protocol === 'unix:' ? { socketPath: url.pathname } : { host: url.hostname, port: url.port || 2375 };
  return new Promise((resolve) => {
    const asking = request({ ...where, path: `/v1.41/images/${image}/json`, timeout: 2_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve(undefined));
    asking.end();
  });
}

/** The image for agents: as configured, else the official one, else the one built here if only that is present. */
export async function chooseImage(environment: NodeJS.ProcessEnv): Promise<{ image: string; present: boolean }> {
  const host = environment.DOCKER_HOST;
  const wanted = environment.OPENCLAW_IMAGE || OFFICIAL;
  if (await hasImage(wanted, host)) return { image: wanted, present: true };
  if (!environment.OPENCLAW_IMAGE && (await hasImage(BUILT_HERE, host))) return { image: BUILT_HERE, present: true };
  return { image: wanted, present: false };
}
