import { rmSync } from 'node:fs';
import { request } from 'node:http';
import { readEngineProxyConfig } from '../../config/config.ts';
import { createEngineProxy } from '../../edge/engine-proxy/engine-proxy.ts';
import { unreachableReason } from '../../infra/docker/socket-access.ts';

// `node src/app/cli/engine-proxy.ts <socket to listen on> <the engine's socket>`
const [listenOn = '/run/engine/docker.sock', socketPath = '/var/run/docker.sock'] = process.argv.slice(2);
const REPEAT_MS = 60_000;
let told = { reason: '', at: 0 };

async function tell(error: Error): Promise<void> {
  const reason = await unreachableReason(socketPath, error);
  if (reason === told.reason && Date.now() - told.at < REPEAT_MS) return;
  told = { reason, at: Date.now() };
  process.stderr.write(`${reason}\n`);
}

rmSync(listenOn, { force: true });
process.umask(0o007);
const server = createEngineProxy({
  socketPath,
  agentSubnet: readEngineProxyConfig().AGENT_SUBNET,
  onCall: (method, url, allowed) => {
    if (!allowed) process.stderr.write(`refused ${method} ${url.replace(/\?.*/, '')}\n`);
  },
  onUnreachable: tell,
});
server.requestTimeout = 0;
server.listen(listenOn);
// Before anybody asks: wrong rights are an operator's to put right.
request({ socketPath, path: '/_ping' }, (answer) => answer.resume())
  .on('error', tell)
  .end();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
