import { run } from './command.ts';

const healthCheck = JSON.stringify(['wget', '-q', '-O', '/dev/null', 'http://127.0.0.1:18789/healthz']);

/** What the image says about how to run it; `docker commit` needs it again, since warming overrides it. */
export const entrypoint = ['ENTRYPOINT ["/usr/local/bin/entrypoint.sh"]', 'CMD []'];

// OPENCLAW_NO_RESPAWN: without it a restart asked for over the API ends process 1, and the container with it.
const configuration = [
  'ENV PATH=/usr/local/bin:/usr/bin:/bin',
  'ENV HOME=/home/node',
  'ENV NODE_ENV=production',
  'ENV NODE_COMPILE_CACHE=/opt/warm/node',
  'ENV OPENCLAW_NO_RESPAWN=1',
  'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt',
  'WORKDIR /app',
  'USER 1000:1000',
  'EXPOSE 18789',
  'VOLUME /home/node/.openclaw',
  `HEALTHCHECK --interval=10s --timeout=5s --start-period=90s --retries=3 CMD ${healthCheck}`,
];

/** Turns lines of a Dockerfile into the `--change` options of `docker import` and `docker commit`. */
export function changes(lines: string[]): string[] {
  return lines.flatMap((line) => ['--change', line]);
}

/** Makes an image of a packed root filesystem, and gives its id. */
export function importImage(archive: string, labels: Record<string, string>): Promise<string> {
  const labelLines = Object.entries(labels).map(([name, value]) => `LABEL ${name}=${value}`);
  return run('docker', ['import', ...changes([...configuration, ...entrypoint, ...labelLines]), archive]);
}
