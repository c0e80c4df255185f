import { readNodeServiceConfig } from '../../config/config.ts';
import { createForwarder } from '../../edge/node-service/agent-traffic.ts';
import { createNodeService } from '../../edge/node-service/node-service.ts';
import { createCredentials } from '../../infra/swarm/credentials.ts';

// `node src/app/cli/node-service.ts <the engine's socket>`
const [socketPath = '/var/run/docker.sock'] = process.argv.slice(2);
const config = readNodeServiceConfig();
const credentials = createCredentials(config.SWARM_CERTIFICATES, 'node');

const service = createNodeService({
  socketPath,
  agentSubnet: config.AGENT_SUBNET,
  installation: config.INSTALLATION,
  runtime: config.AGENT_RUNTIME,
  agentPortBase: config.AGENT_PORT_BASE,
  port: config.SWARM_NODE_PORT,
  credentials,
  onCall: (method, url, allowed) => {
    if (!allowed) process.stderr.write(`refused ${method} ${url.replace(/\?.*/, '')}\n`);
  },
  onUnreachable: (error) => process.stderr.write(`The engine does not answer: ${error.message}\n`),
});
const forwarder = (kind: 'models' | 'egress') =>
  createForwarder({ kind, backends: config.SWARM_BACKENDS, credentials, subnet: config.AGENT_SUBNET });

service.listen(config.SWARM_NODE_PORT, '0.0.0.0', () =>
  process.stdout.write(`The node's service listens on port ${config.SWARM_NODE_PORT}\n`),
);
// A backend on the same machine listens on these ports too: either serves.
forwarder('models').listen({ port: config.MODEL_GATEWAY_PORT, host: '0.0.0.0', reusePort: true });
if (config.EGRESS_PORT) forwarder('egress').listen({ port: config.EGRESS_PORT, host: '0.0.0.0', reusePort: true });
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => process.exit(0));
