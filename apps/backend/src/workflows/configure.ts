import { AppError } from '@agentbot/contracts';
import { hasGateway } from '../domain/agents/gateway.ts';
import type { Context } from '../domain/context.ts';
import { RolledBackError } from '../domain/operations/errors.ts';
import { Skipped, type Step } from '../domain/operations/steps.ts';
import type { AgentUpdate } from '../domain/operations/types.ts';
import { applyLive, NeedsContainer } from '../domain/provisioning/apply-live.ts';
import type { Agent, Operation } from '../generated/prisma/client.ts';
import { readContainerSpec } from '../infra/docker/stored-spec.ts';
import { repair } from './repair.ts';

const APPLY_MS = 2 * 60_000;

/**
 * Applies the configuration of the agent's row: by its running gateway where OpenClaw and the change allow it, otherwise by a new
 * container. If OpenClaw refuses the configuration, the agent keeps running with its former one.
 */
export async function configure(context: Context, agent: Agent, step: Step, operation: Operation): Promise<AgentUpdate> {
  const { database } = context;
  const note = (applied: 'live' | 'container' | 'none') =>
    database.as('service', (tx) => tx.operation.update({ where: { id: operation.id }, data: { result: { applied } } }));
  const spec = readContainerSpec(agent);
  if (agent.state === 'stopped' || (agent.runtime === 'api' && agent.state === 'running')) {
    await step('apply', APPLY_MS, async () => new Skipped('The agent has no running container: it gets the configuration when it starts'));
    await note('none');
    return {};
  }

  if (spec && hasGateway(agent)) {
    // An agent that keeps running must not be stopped by a cancellation in between.
    const outcome = await step(
      'apply',
      APPLY_MS,
      async () => {
        const applied = await applyLive(context, agent, spec);
        if (applied === null) return new Skipped('The agent runs with this configuration already');
        return applied;
      },
      {
        isCompensation: true,
        detail: (applied) => (applied instanceof NeedsContainer ? applied.reason : 'Applied by the running gateway'),
      },
    ).catch((error) => {
      throw error instanceof AppError ? new RolledBackError(error.message, { state: agent.state }, error) : error;
    });
    if (!(outcome instanceof NeedsContainer)) {
      await note(outcome instanceof Skipped ? 'none' : 'live');
      return {};
    }
  }
  await database.as('service', (tx) => tx.agent.update({ where: { id: agent.id }, data: { state: 'updating', stateReason: null } }));
  await note('container');
  return repair(context, agent, step, operation);
}
