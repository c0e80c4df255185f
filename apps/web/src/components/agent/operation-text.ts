import type { OperationView } from '@agentbot/contracts';
import type { MessageDescriptor } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { locale, say } from '../../lib/language/texts.ts';

/** The display names of operation kinds. */
const kindNames: Record<string, MessageDescriptor> = {
  provision: msg({ message: 'Provisioning', context: 'operation' }),
  clone: msg({ message: 'Cloning', context: 'operation' }),
  start: msg({ message: 'Start', context: 'operation' }),
  stop: msg({ message: 'Stop', context: 'operation' }),
  restart: msg({ message: 'Restart', context: 'operation' }),
  update: msg({ message: 'Update', context: 'operation' }),
  configure: msg({ message: 'Configuration', context: 'operation' }),
  repair: msg({ message: 'Repair', context: 'operation' }),
  'reset-memory': msg({ message: 'Memory reset', context: 'operation' }),
  backup: msg({ message: 'Backup', context: 'operation' }),
  restore: msg({ message: 'Restore', context: 'operation' }),
  delete: msg({ message: 'Deletion', context: 'operation' }),
  move: msg({ message: 'move', context: 'operation' }),
};
export function operationName(kind: string): string {
  const name = kindNames[kind];
  return name ? say(name) : kind;
}

/** The name of an operation within a sentence, where English writes it small. */
export const operationInSentence = (kind: string) => (locale() === 'en' ? operationName(kind).toLowerCase() : operationName(kind));

/** The display names of stages. */
const stageNames: Record<string, MessageDescriptor> = {
  wallet: msg({ message: 'Wallet', context: 'stage' }),
  image: msg({ message: 'Image', context: 'stage' }),
  apply: msg({ message: 'Apply the configuration', context: 'stage' }),
  validate: msg({ message: 'Configuration', context: 'stage' }),
  create: msg({ message: 'Container', context: 'stage' }),
  start: msg({ message: 'Start', context: 'stage' }),
  ready: msg({ message: 'Gateway ready', context: 'stage' }),
  stop: msg({ message: 'Stop', context: 'stage' }),
  remove: msg({ message: 'Remove', context: 'stage' }),
  backup: msg({ message: 'Backup', context: 'stage' }),
  retention: msg({ message: 'Old backups', context: 'stage' }),
  check: msg({ message: 'Check the backup', context: 'stage' }),
  doctor: msg({ message: 'Repair the data', context: 'stage' }),
  data: msg({ message: 'Lost data', context: 'stage' }),
  clear: msg({ message: 'Clear data', context: 'stage' }),
  sessions: msg({ message: 'Delete sessions', context: 'stage' }),
  rollback: msg({ message: 'Rollback', context: 'stage' }),
  room: msg({ message: 'Room for the archive', context: 'stage' }),
  place: msg({ message: 'Place on another node', context: 'stage' }),
  clean: msg({ message: 'Former node cleaned', context: 'stage' }),
};
export function stageName(stage: string): string {
  const name = stageNames[stage];
  return name ? say(name) : stage.charAt(0).toUpperCase() + stage.slice(1);
}

const advice: Record<string, MessageDescriptor> = {
  image: msg`The image could not be pulled. Check its name under Update, or try again when the registry responds.`,
  validate: msg`OpenClaw refuses this configuration. Correct the model or the channels under Configuration, then start again.`,
  create: msg`The container could not be created. Try again. If the problem remains, ask the administrator to check Docker.`,
  start: msg`The container did not start. The Logs show its last output.`,
  ready: msg`The gateway did not answer in time. Check the API key and the model under Configuration, read the Logs, then start again.`,
  backup: msg`The data could not be backed up, so nothing was changed. Ask the administrator to check the free disk space.`,
  place: msg`No other node has room for the agent. Ask the administrator, or try again later.`,
  rollback: msg`The rollback failed. Restore the last backup under Backups, or tell the administrator.`,
};
const movedBack = msg`The agent and its data are back on its node. The Logs show what it wrote before the move failed.`;
const rolledBack = msg`The image and the data were restored. The Logs show what the new container wrote before it failed.`;
const unknown = msg`Try again. The Logs show the agent’s last output.`;

/** What the user can do about a failed operation, depending on the stage that failed. */
export function operationAdvice(operation: OperationView): string {
  if (operation.steps.some(({ name, state }) => name === 'rollback' && state === 'done'))
    return say(operation.kind === 'move' ? movedBack : rolledBack);
  const failed = operation.steps.findLast(({ state }) => state === 'failed');
  return say(advice[failed?.name ?? ''] ?? unknown);
}
