import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { readEngineProxyConfig } from '../../config/config.ts';
import { createEngineProxy } from '../../edge/engine-proxy/engine-proxy.ts';
import { unreachableReason } from '../../infra/docker/socket-access.ts';

// `node src/app/cli/engine-proxy.ts <socket to listen on> <the engine's socket>`
const [listenOn = '/run/engine/docker.sock', socketPath = '/var/run/docker.sock'] = process.argv.slice(2);
const REPEAT_MS = 60_000;
let lastReport = { reason: '', at: 0 };

/** Reports why the engine is unreachable; the same reason at most once a minute. */
async function report(error: Error): Promise<void> {
  const reason = await unreachableReason(socketPath, error);
  if (reason === lastReport.reason && Date.now() - lastReport.at < REPEAT_MS) return;
  lastReport = { reason, at: Date.now() };
  process.stderr.write(`${reason}\n`);
}

rmSync(listenOn, { force: true });
process.umask(0o007);
const { AGENT_SUBNET: agentSubnet, AGENT_RUNTIME: runtime, INSTALLATION: installation, CONTAINER_HOST } = readEngineProxyConfig();
const server = createEngineProxy({
  socketPath,
  agentSubnet,
  installation,
  runtime,
  isSwarm: CONTAINER_HOST === 'swarm',
  onCall: (method, url, allowed) => {
    if (!allowed) process.stderr.write(`refused ${method} ${url.replace(/\?.*/, '')}\n`);
  },
  onUnreachable: report,
});
server.requestTimeout = 0;
server.listen(listenOn);
// Pings the engine at start, so that an operator sees wrong socket permissions before the backend connects.
request({ socketPath, path: '/_ping' }, (response) => response.resume())
  .on('error', report)
  .end();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
