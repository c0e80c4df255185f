import { AppError } from '@agentbot/contracts';
import type { Agent, Operation } from '../../generated/prisma/client.ts';
import { msAgo } from '../../shared/clock.ts';
import { refuseFatalToken } from '../channels/refuse-fatal-token.ts';
import type { Context } from '../context.ts';
import { RolledBackError } from '../operations/errors.ts';
import { readAgentBefore } from '../operations/operation-columns.ts';
import type { Step } from '../operations/steps.ts';
import { configurationOf } from './create-container.ts';

const RETENTION_DAYS = 30;
/** A validator needs seconds on an idle machine, and minutes on a busy one. */
const VALIDATE_MS = 5 * 60_000;

/**
 * Validates the agent's configuration with the OpenClaw of an image. A shape that this image accepted before is not
 * validated again.
 * @returns the sentence for the step
 * @throws AppError OPERATION_FAILED with the refused fields, or with the reason why a channel's token is refused
 */
async function validateConfig(context: Context, agent: Agent, image: string, signal: AbortSignal): Promise<string> {
  const { database, host, config, clock } = context;
  const { id: imageId, version } = await host.ensureImage(image, signal);
  await refuseFatalToken(context, agent.id, version);
  const { content, variables, plugins, shape } = await configurationOf(context, agent, version);
  const key = { imageId, shape };
  const accepted = await database.as('service', (tx) => tx.acceptedConfig.findUnique({ where: { imageId_shape: key } }));
  if (accepted) return `OpenClaw ${version} is known to accept it`;

  const issues = await host.validateConfig(image, config.INSTALLATION, { configuration: content, variables, plugins }, signal);
  if (issues.length) {
    const sentence = `OpenClaw ${version} refuses the agent's configuration: ${issues.slice(0, 3).join('; ')}`;
    throw new AppError('OPERATION_FAILED', sentence.slice(0, 500));
  }
  const expiredBefore = msAgo(clock, RETENTION_DAYS * 24 * 3_600_000);
  await database.as('service', async (tx) => {
    await tx.acceptedConfig.deleteMany({ where: { acceptedAt: { lt: expiredBefore } } });
    await tx.acceptedConfig.createMany({ data: key, skipDuplicates: true });
  });
  return `OpenClaw ${version} accepts it`;
}

/** The step that validates the agent's configuration with the image's own validator, before anything changes. */
export const validateStep = (context: Context, agent: Agent, image: string, step: Step) =>
  step('validate', VALIDATE_MS, (signal) => validateConfig(context, agent, image, signal), { detail: (sentence) => sentence });

/** Runs `validateStep` for an agent that has a container. After a refusal the agent keeps its former state. */
export async function validateBeforeStop(context: Context, agent: Agent, step: Step, operation: Operation, image = agent.image) {
  const { state } = readAgentBefore(operation);
  await validateStep(context, agent, image ?? context.config.OPENCLAW_IMAGE, step).catch((error) => {
    const untouched = error instanceof AppError && (state === 'running' || state === 'stopped');
    throw untouched ? new RolledBackError(error.message, { state }, error) : error;
  });
}
