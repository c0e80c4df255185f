import { AppError } from '@agentbot/contracts';
import type { Agent, Operation } from '../../generated/prisma/client.ts';
import type { Context } from '../context.ts';
import { RolledBackError } from '../operations/errors.ts';
import { readAgentBefore } from '../operations/operation-columns.ts';
import type { Step } from '../operations/steps.ts';
import { configurationOf } from './create-container.ts';

const RETENTION_DAYS = 30;
/** A validator needs seconds on an idle machine, and minutes on a busy one. */
const VALIDATE_MS = 5 * 60_000;

/**
 * Asks the OpenClaw in an image whether it takes the agent's configuration; what it took once is not asked again.
 * @returns a sentence that says so
 * @throws AppError OPERATION_FAILED with what it refuses
 */
async function validateConfig(context: Context, agent: Agent, image: string, signal: AbortSignal): Promise<string> {
  const { database, host, config } = context;
  const { id: imageId, version } = await host.ensureImage(image, signal);
  const { content, variables, plugins, shape } = await configurationOf(context, agent, version);
  const key = { imageId, shape };
  const known = await database.as('service', (tx) => tx.acceptedConfig.findUnique({ where: { imageId_shape: key } }));
  if (known) return `OpenClaw ${version} is known to accept it`;

  const issues = await host.validateConfig(image, config.INSTALLATION, { configuration: content, variables, plugins }, signal);
  if (issues.length) {
    const sentence = `OpenClaw ${version} refuses the agent's configuration: ${issues.slice(0, 3).join('; ')}`;
    throw new AppError('OPERATION_FAILED', sentence.slice(0, 500));
  }
  const old = new Date(Date.now() - RETENTION_DAYS * 24 * 3_600_000);
  await database.as('service', async (tx) => {
    await tx.acceptedConfig.deleteMany({ where: { acceptedAt: { lt: old } } });
    await tx.acceptedConfig.createMany({ data: key, skipDuplicates: true });
  });
  return `OpenClaw ${version} accepts it`;
}

/** The stage in which an image's own validator is asked; nothing has been made or replaced yet. */
export const validateStep = (context: Context, agent: Agent, image: string, step: Step) =>
  step('validate', VALIDATE_MS, (signal) => validateConfig(context, agent, image, signal), { detail: (sentence) => sentence });

/** The same for an agent that has a container: when its new configuration is refused, it goes on as it was. */
export async function validateBeforeStop(context: Context, agent: Agent, step: Step, operation: Operation, image = agent.image) {
  const { state } = readAgentBefore(operation);
  await validateStep(context, agent, image ?? context.config.OPENCLAW_IMAGE, step).catch((error) => {
    const untouched = error instanceof AppError && (state === 'running' || state === 'stopped');
    throw untouched ? new RolledBackError(error.message, { state }, error) : error;
  });
}
