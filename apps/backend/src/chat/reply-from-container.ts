import { randomUUID } from 'node:crypto';
import { AppError } from '@agentbot/contracts';
import type { Context } from '../context.ts';
import type { Agent } from '../generated/prisma/client.ts';
import { gatewayAddress } from '../openclaw/gateway-address.ts';
import type { AgentContainerSpec } from '../runtime/container-host.ts';

interface ChatEvent {
  runId: string;
  state: 'delta' | 'final' | 'error' | 'aborted';
  message?: { content?: { type: string; text?: string }[] };
  errorMessage?: string;
}

const textOf = (event: ChatEvent) => (event.message?.content ?? []).map((part) => part.text ?? '').join('');

/**
 * Sends a message into a session of the agent's gateway and waits for the end of its run.
 * @returns the agent's words
 * @throws AppError OPERATION_FAILED with the agent's own error
 */
export async function replyFromContainer(context: Context, agent: Agent, sessionId: string, message: string): Promise<string> {
  const spec = agent.containerSpec as unknown as AgentContainerSpec;
  const address = await gatewayAddress(context, agent.id, spec.bind);
  const gateway = await context.gateways.get(agent.id, address).catch((cause) => {
    throw new AppError('OPERATION_FAILED', "The agent's gateway cannot be reached", { cause });
  });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  // Events may overtake the answer that tells the run's id; the idempotency key is that id.
  const runId = randomUUID();
  const onEvent = (name: string, payload: unknown) => {
    const event = payload as ChatEvent;
    if (name !== 'chat' || event.runId !== runId) return;
    if (event.state === 'final') {
      // The gateway says so in the agent's name, and goes on about its own files.
      const [, reason] = /^⚠️ Agent failed before reply: ([^\n]*?)(?: Auth store:|\n|$)/u.exec(textOf(event)) ?? [];
      if (reason) reject(new AppError('OPERATION_FAILED', `The agent could not answer: ${reason}`));
      else resolve(textOf(event));
    }
    if (event.state === 'error') reject(new AppError('OPERATION_FAILED', event.errorMessage ?? 'The agent failed to answer'));
    if (event.state === 'aborted') reject(new AppError('OPERATION_FAILED', 'The agent was interrupted'));
  };
  const onClose = () => reject(new AppError('OPERATION_FAILED', "The connection to the agent's gateway was lost"));
  gateway.on('event', onEvent);
  gateway.once('close', onClose);
  try {
    await gateway.request('chat.send', { sessionKey: `agent:main:${sessionId}`, message, idempotencyKey: runId });
    return await promise;
  } finally {
    gateway.off('event', onEvent);
    gateway.off('close', onClose);
    promise.catch(() => undefined);
  }
}
