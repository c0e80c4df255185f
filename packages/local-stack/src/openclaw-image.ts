import { request } from 'node:http';

const OFFICIAL = 'ghcr.io/openclaw/openclaw:2026.3.13';
const LOCAL_BUILD = 'agentbot/openclaw:2026.3.13';

/** Whether the local engine has an image; `undefined` when no engine answers. */
export function hasImage(image: string, dockerHost: string | undefined): Promise<boolean | undefined> {
  const url = new URL(dockerHost ?? 'unix:///var/run/docker.sock');
  const target = url.protocol === 'unix:' ? { socketPath: url.pathname } : { host: url.hostname, port: url.port || 2375 };
  return new Promise((resolve) => {
    const lookup = request({ ...target, path: `/v1.41/images/${image}/json`, timeout: 2_000 }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    lookup.on('timeout', () => lookup.destroy());
    lookup.on('error', () => resolve(undefined));
    lookup.end();
  });
}

/** The image for agents: the configured one, else the official one, or the local build if only that is present. */
export async function chooseImage(environment: NodeJS.ProcessEnv): Promise<{ image: string; present: boolean }> {
  const host = environment.DOCKER_HOST;
  const preferred = environment.OPENCLAW_IMAGE || OFFICIAL;
  if (await hasImage(preferred, host)) return { image: preferred, present: true };
  if (!environment.OPENCLAW_IMAGE && (await hasImage(LOCAL_BUILD, host))) return { image: LOCAL_BUILD, present: true };
  return { image: preferred, present: false };
}
