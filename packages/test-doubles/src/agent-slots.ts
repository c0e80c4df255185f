import { createServer, type Server } from 'node:net';
import Docker from 'dockerode';

/** Host ports per share, enough for fifty agents; the last one is the lock, the one before it the model gateway's. */
const PORTS = 240;
const SHARES = 37;
/** Up to 18_879: below the default ports of an installation, and below those that the kernel gives to clients. */
const FIRST_PORT = 10_000;
/** Far from the default of an installation, 10.201. */
const FIRST_SUBNET = 100;

/** Listens until the process ends: the kernel frees the port of a killed process, so no lock outlives its owner. */
function lock(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer().unref();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

/**
 * Removes the leftovers of a killed run from a subnet. The caller holds the subnet's lock, so no other run uses it.
 * @returns whether the subnet is free; false when a network without an agent's labels uses it
 */
async function clear(docker: Docker, subnetPrefix: string): Promise<boolean> {
  const networks = (await docker.listNetworks()).filter(({ IPAM }) => IPAM?.Config?.[0]?.Subnet?.startsWith(subnetPrefix));
  for (const { Id, Labels } of networks) {
    const [agent, installation] = [Labels?.['agentbot.agent'], Labels?.['agentbot.installation']];
    if (!agent || !installation) return false;
    const filters = { label: [`agentbot.agent=${agent}`, `agentbot.installation=${installation}`] };
    for (const container of await docker.listContainers({ all: true, filters })) {
      await docker.getContainer(container.Id).remove({ force: true });
    }
    for (const { Name } of (await docker.listVolumes({ filters })).Volumes ?? []) await docker.getVolume(Name).remove();
    await docker.getNetwork(Id).remove();
  }
  return true;
}

/**
 * Reserves host ports and a subnet for the agents of a test's backend, apart from those of parallel workers and other
 * checkouts, and removes the leftovers of a killed run.
 * @returns the settings, and `release`; the end of this process releases them too
 */
export async function takeAgentSlots() {
  const docker = new Docker();
  for (let share = 0; share < SHARES; share++) {
    const base = FIRST_PORT + share * PORTS;
    const [held, modelGateway] = [await lock(base + PORTS - 1), await lock(base + PORTS - 2)];
    modelGateway?.close();
    // The backend of a killed run may outlive its lock.
    if (!held || !modelGateway) {
      held?.close();
      continue;
    }
    const release = () => new Promise<void>((resolve) => held.close(() => resolve()));
    const prefix = `10.${FIRST_SUBNET + share}.`;
    if (await clear(docker, prefix)) {
      const settings = { AGENT_PORT_BASE: String(base), AGENT_SUBNET: `${prefix}0.0/16`, MODEL_GATEWAY_PORT: String(base + PORTS - 2) };
      return { settings, release };
    }
    await release();
  }
  throw new Error(`All ${SHARES} shares of ports and subnets are in use`);
}
