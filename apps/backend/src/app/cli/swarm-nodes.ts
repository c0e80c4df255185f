import { setTimeout as sleep } from 'node:timers/promises';
import { readSwarmNodesConfig } from '../../config/config.ts';
import { connect } from '../../infra/docker/engine-client.ts';
import { ensureNodeServices } from '../../infra/swarm/node-services.ts';

// Gives every node of the swarm its service, and renews certificates. Needs the engine of a manager. Runs once, or with `--watch` every
// ten seconds, so that a node that joins gets its service by itself.
const config = readSwarmNodesConfig();
const manager = connect(config.DOCKER_HOST, 60_000);
const { AGENT_SUBNET, AGENT_RUNTIME, AGENT_PORT_BASE, EGRESS_PORT, MODEL_GATEWAY_PORT, SWARM_NODE_PORT, SWARM_BACKENDS, INSTALLATION } =
  config;
const environment = {
  INSTALLATION,
  AGENT_SUBNET,
  AGENT_PORT_BASE: String(AGENT_PORT_BASE),
  MODEL_GATEWAY_PORT: String(MODEL_GATEWAY_PORT),
  SWARM_NODE_PORT: String(SWARM_NODE_PORT),
  SWARM_BACKENDS: SWARM_BACKENDS.join(','),
  ...(EGRESS_PORT && { EGRESS_PORT: String(EGRESS_PORT) }),
  ...(AGENT_RUNTIME && { AGENT_RUNTIME }),
};
const settings = {
  installation: INSTALLATION,
  image: config.SWARM_IMAGE,
  firewallImage: config.SWARM_FIREWALL_IMAGE,
  environment,
  authorityFolder: config.SWARM_AUTHORITY,
  certificatesFolder: config.SWARM_CERTIFICATES,
};
const isWatching = process.argv.includes('--watch');
do {
  try {
    for (const change of await ensureNodeServices(manager, settings, new Date())) process.stdout.write(`${change}\n`);
  } catch (error) {
    if (!isWatching) throw error;
    process.stderr.write(`${(error as Error).message}\n`);
  }
} while (isWatching && (await sleep(10_000, true)));
