import { rmSync } from 'node:fs';
import { readEngineProxyConfig } from '../config.ts';
import { createEngineProxy } from './engine-proxy.ts';
import { socketRefusal } from './socket-access.ts';

// `node engine-proxy-cli.ts <socket to listen on> <the engine's socket>`
const [listenOn = '/run/engine/docker.sock', socketPath = '/var/run/docker.sock'] = process.argv.slice(2);
rmSync(listenOn, { force: true });
process.umask(0o007);
const server = createEngineProxy({
  socketPath,
  agentSubnet: readEngineProxyConfig().AGENT_SUBNET,
  onCall: (method, url, allowed) => {
    if (!allowed) process.stderr.write(`refused ${method} ${url.replace(/\?.*/, '')}\n`);
  },
});
server.requestTimeout = 0;
server.listen(listenOn);
const refusal = await socketRefusal(socketPath);
if (refusal) process.stderr.write(`${refusal}\n`);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
