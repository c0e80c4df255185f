import { existsSync } from 'node:fs';
import path from 'node:path';
import { readableLine } from './readable-line.ts';
import { dataFolder } from './settings.ts';
import { root, startStack } from './stack.ts';

const out = (line: string) => process.stdout.write(`${line}\n`);
const envFile = path.join(root, '.env');
if (existsSync(envFile)) process.loadEnvFile(envFile);
const dataDir = dataFolder(process.env, root);

let stopping = false;
let stop: () => Promise<void> = async () => undefined;
const starting = startStack({ environment: process.env, dataDir, production: false, log: out, format: readableLine });

async function end(): Promise<void> {
  if (stopping) return;
  stopping = true;
  out('Stopping …');
  // An unfinished start must complete first, so that none of its processes is left behind.
  await starting.catch(() => undefined);
  await stop();
  out('Everything is stopped.');
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
// A package manager does not forward a signal to its command, so the loss of the parent is polled.
const parent = process.ppid;
setInterval(() => process.ppid !== parent && void end(), 1_000).unref();
// The reader of stdout may be gone: ignore EPIPE.
process.stdout.on('error', () => undefined);

try {
  const stack = await starting;
  stop = stack.stop;
  if (!stopping) {
    const health = (await (await fetch(`${stack.backendUrl}/health`)).json()) as { docker: string };
    const missing: string[] = [];
    if (health.docker === 'unavailable')
      missing.push('Docker is not reachable: agents answer without containers. Start Docker to give them containers.');
    else if (!stack.image.present)
      missing.push(`The image ${stack.image.image} is not here and will be pulled. Cannot pull? Run: pnpm openclaw:image`);
    missing.push('Model provider keys are given per agent, on its form.');
    out(
      [
        '',
        `  Agentbot is ready    ${stack.webUrl}`,
        `  Backend API          ${stack.backendUrl.replace('127.0.0.1', 'localhost')}  (reference: /docs)`,
        `  Agents' gateways     ${stack.gatewayUrl}`,
        `  Data and secrets     ${dataDir}  (secrets.env is readable by you alone)`,
        ...missing.map((line) => `  Note: ${line}`),
        '  Ctrl-C stops everything.',
        '',
      ].join('\n'),
    );
    const child = await stack.ended();
    if (!stopping) {
      stopping = true;
      out(`${child.name} ended unexpectedly (${child.signal ?? `exit code ${child.code}`}); stopping the other processes.`);
      await stack.stop();
      process.exit(1);
    }
  }
} catch (error) {
  if (!stopping) {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exit(1);
  }
}
