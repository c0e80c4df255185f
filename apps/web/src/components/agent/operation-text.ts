import type { OperationView } from '@agentbot/contracts';

/** Operations as people call them. */
const kindNames: Record<string, string> = {
  provision: 'Provisioning',
  clone: 'Cloning',
  start: 'Start',
  stop: 'Stop',
  restart: 'Restart',
  update: 'Update',
  repair: 'Repair',
  'reset-memory': 'Memory reset',
  backup: 'Backup',
  restore: 'Restore',
  delete: 'Deletion',
};
export const kindName = (kind: string) => kindNames[kind] ?? kind;

/** Stages as people call them. */
const stageNames: Record<string, string> = {
  wallet: 'Wallet',
  image: 'Image',
  validate: 'Configuration',
  create: 'Container',
  start: 'Start',
  ready: 'Gateway ready',
  stop: 'Stop',
  remove: 'Remove',
  backup: 'Backup',
  retention: 'Old backups',
  check: 'Check the backup',
  clear: 'Clear data',
  rollback: 'Roll back',
};
export const stageName = (name: string) => stageNames[name] ?? name.charAt(0).toUpperCase() + name.slice(1);

const advice: Record<string, string> = {
  image: 'The image could not be had. Check its name under Update, or try again when the registry answers.',
  validate: 'OpenClaw refuses this configuration. Correct the model or the channels under Configuration, then start again.',
  create: 'The container could not be made. Try again; if it lasts, the administrator should look at Docker.',
  start: 'The container did not start. The Logs show its last words.',
  ready: 'The gateway did not answer in time. Check the API key and the model under Configuration, read the Logs, then start again.',
  backup: 'The data could not be archived, and nothing was changed. Tell the administrator that there may be no room left.',
  rollback: 'The agent could not be put back. Restore its last backup under Backups, or tell the administrator.',
};
const rolledBack = 'Image and data are as they were before. The Logs show what the new container said before it failed.';

/** What to do about an operation that failed, by the stage it failed at. */
export function adviceFor(operation: OperationView): string {
  if (operation.steps.some(({ name, state }) => name === 'rollback' && state === 'done')) return rolledBack;
  const failed = operation.steps.findLast(({ state }) => state === 'failed');
  return advice[failed?.name ?? ''] ?? 'Try again. The Logs show what the agent said last.';
}
