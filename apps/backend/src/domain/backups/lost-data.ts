import { AppError } from '@agentbot/contracts';
import { canReadStorage } from '@agentbot/openclaw-image/versions';
import type { Agent, Backup } from '../../generated/prisma/client.ts';
import { containerNames } from '../../infra/docker/layout.ts';
import { readContainerSpec } from '../../infra/docker/stored-spec.ts';
import type { Context } from '../context.ts';
import { requireRoomForRestore } from './room.ts';

type Slice = Pick<Context, 'database' | 'host' | 'log'>;

/** Whether the agent's volume is missing, or an interrupted restore has filled only a part of it. A new agent has no volume yet. */
export async function isDataLost({ host }: Pick<Context, 'host'>, agent: Agent): Promise<boolean> {
  if (!agent.containerSpec) return false;
  return agent.lostDataBackupId !== null || !(await host.hasData(containerNames(agent.id)));
}

/** @throws AppError OPERATION_FAILED when the agent's data is lost: an archive of an empty volume would pass for a backup */
export async function requireData(context: Pick<Context, 'host'>, agent: Agent): Promise<void> {
  if (!(await isDataLost(context, agent))) return;
  throw new AppError(
    'OPERATION_FAILED',
    "The agent's data is gone from this machine. Start the agent: it gets the data of its newest backup",
  );
}

/**
 * Chooses the backup that replaces an agent's lost data: the newest of those that the version of OpenClaw can read. Removes the files
 * of an interrupted restore, and marks the agent until the container with the data is created.
 * @returns null when no data is lost, or when no backup can replace it: the agent then starts without data
 * @throws AppError OPERATION_FAILED when the engine has no room for the data
 */
export async function replacementOfLostData(
  context: Slice & Pick<Context, 'config' | 'backups' | 'envelope'>,
  agent: Agent,
  image: string,
  version: string,
  signal: AbortSignal,
): Promise<Backup | null> {
  const { database, host, log } = context;
  if (!(await isDataLost(context, agent))) return null;
  const rows = await database.as('service', (tx) =>
    tx.backup.findMany({ where: { agentId: agent.id }, orderBy: [{ createdAt: 'desc' }, { id: 'desc' }] }),
  );
  const backup = rows.find(({ openclawVersion }) => canReadStorage(version, openclawVersion)) ?? null;
  log.warn({ agentId: agent.id, backupId: backup?.id ?? null }, "an agent's volume is gone; it gets the data of its newest backup");
  const spec = readContainerSpec(agent);
  if (backup && spec) await requireRoomForRestore(context, agent, backup, { ...spec, image }, signal);
  await database.as('service', (tx) => tx.agent.update({ where: { id: agent.id }, data: { lostDataBackupId: backup?.id ?? null } }));
  await host.removeData(containerNames(agent.id));
  return backup;
}
