import type { OperationView } from '@agentbot/contracts';

/** The display names of operation kinds. */
const kindNames: Record<string, string> = {
  provision: 'Provisioning',
  clone: 'Cloning',
  start: 'Start',
  stop: 'Stop',
  restart: 'Restart',
  update: 'Update',
  configure: 'Configuration',
  repair: 'Repair',
  'reset-memory': 'Memory reset',
  backup: 'Backup',
  restore: 'Restore',
  delete: 'Deletion',
};
export const operationName = (kind: string) => kindNames[kind] ?? kind;

/** The display names of stages. */
const stageNames: Record<string, string> = {
  wallet: 'Wallet',
  image: 'Image',
  apply: 'Apply the configuration',
  validate: 'Configuration',
  create: 'Container',
  start: 'Start',
  ready: 'Gateway ready',
  stop: 'Stop',
  remove: 'Remove',
  backup: 'Backup',
  retention: 'Old backups',
  check: 'Check the backup',
  doctor: 'Repair the data',
  data: 'Lost data',
  clear: 'Clear data',
  sessions: 'Delete sessions',
  rollback: 'Rollback',
  room: 'Room for the archive',
  place: 'Place on another node',
  clean: 'Former node cleaned',
};
export const stageName = (name: string) => stageNames[name] ?? name.charAt(0).toUpperCase() + name.slice(1);

const advice: Record<string, string> = {
  image: 'The image could not be pulled. Check its name under Update, or try again when the registry responds.',
  validate: 'OpenClaw refuses this configuration. Correct the model or the channels under Configuration, then start again.',
  create: 'The container could not be created. Try again. If the problem remains, ask the administrator to check Docker.',
  start: 'The container did not start. The Logs show its last output.',
  ready: 'The gateway did not answer in time. Check the API key and the model under Configuration, read the Logs, then start again.',
  backup: 'The data could not be backed up, so nothing was changed. Ask the administrator to check the free disk space.',
  place: 'No other node has room for the agent. Ask the administrator, or try again later.',
  rollback: 'The rollback failed. Restore the last backup under Backups, or tell the administrator.',
};
const movedBack = 'The agent and its data are back on its node. The Logs show what it wrote before the move failed.';
const rolledBack = 'The image and the data were restored. The Logs show what the new container wrote before it failed.';

/** What the user can do about a failed operation, depending on the stage that failed. */
export function operationAdvice(operation: OperationView): string {
  if (operation.steps.some(({ name, state }) => name === 'rollback' && state === 'done'))
    return operation.kind === 'move' ? movedBack : rolledBack;
  const failed = operation.steps.findLast(({ state }) => state === 'failed');
  return advice[failed?.name ?? ''] ?? 'Try again. The Logs show the agent’s last output.';
}
