import { stat } from 'node:fs/promises';

/** Read and write for a file's group. */
const GROUP_RIGHTS = 0o060;

/** Why a connection to the engine's socket failed, with what to do where this process has no right to open it. */
export async function unreachableReason(socketPath: string, error: unknown): Promise<string> {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'EACCES') return `The engine does not answer at ${socketPath}: ${code ?? message}`;
  const found = await stat(socketPath).catch(() => undefined);
  const refused = `This process may not open the engine's socket ${socketPath}`;
  if (!found) return `${refused}: it cannot even look into its folder`;
  if ((found.mode & GROUP_RIGHTS) !== GROUP_RIGHTS) return `${refused}: the socket gives its group ${found.gid} no rights`;
  const groups = process.getgroups?.().join(', ');
  return `${refused}, which belongs to group ${found.gid}: it is in ${groups || 'no group'}. Set DOCKER_GID=${found.gid} in .env and run docker compose up -d; outside compose, add its user to that group`;
}
