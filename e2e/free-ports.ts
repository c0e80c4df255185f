import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the agents' ports and below the ports that the kernel gives to programs that ask for any: the backend's tests run meanwhile. */
const RANGE = [11_000, 19_000] as const;

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

/** Finds `count` free ports on loopback. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(...RANGE);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}
