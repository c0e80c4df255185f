import { stat } from 'node:fs/promises';

/** Read and write permission of a file's group. */
const GROUP_RIGHTS = 0o060;

/** The reason why a connection to the engine's socket failed, with a remedy when this process has no right to open it. */
export async function unreachableReason(socketPath: string, error: unknown): Promise<string> {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'EACCES') return `The engine does not answer at ${socketPath}: ${code ?? message}`;
  const socket = await stat(socketPath).catch(() => undefined);
  const denied = `This process has no permission to open the engine's socket ${socketPath}`;
  if (!socket) return `${denied}: it cannot read the socket's folder`;
  if ((socket.mode & GROUP_RIGHTS) !== GROUP_RIGHTS) return `${denied}: the socket gives its group ${socket.gid} no rights`;
  const groups = process.getgroups?.().join(', ');
  return `${denied}: the socket belongs to group ${socket.gid}, the process to ${groups || 'no group'}. Set DOCKER_GID=${socket.gid} in .env and run docker compose up -d; outside compose, add the process's user to that group`;
}
