import { socketRefusal } from './socket-access.ts';

// `node socket-check-cli.ts <the engine's socket>` fails when this process may not open it.
const refusal = await socketRefusal(process.argv[2] ?? '/var/run/docker.sock');
if (refusal) {
  process.stderr.write(`${refusal}\n`);
  process.exitCode = 1;
}
