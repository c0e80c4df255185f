import { once } from 'node:events';
import { stat } from 'node:fs/promises';
import { connect } from 'node:net';

/**
 * Why this process may not open the engine's socket, as a sentence that names the group it lacks; undefined when it may, and
 * when the engine is merely away, which is no fault of the configuration.
 */
export async function socketRefusal(socketPath: string): Promise<string | undefined> {
  const socket = connect(socketPath);
  try {
    await once(socket, 'connect');
    return undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') return undefined;
    const group = await stat(socketPath).then(
      ({ gid }) => `belongs to group ${gid}: set DOCKER_GID=${gid}`,
      () => 'is in a folder that it may not read',
    );
    const groups = [process.getegid?.(), ...(process.getgroups?.() ?? [])];
    return `This process may not open the engine's socket ${socketPath}, which ${group}. Its own groups are ${[...new Set(groups)].join(', ')}`;
  } finally {
    socket.destroy();
  }
}
