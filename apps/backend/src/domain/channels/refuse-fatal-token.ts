import { AppError } from '@agentbot/contracts';
import { factsOf } from '@agentbot/openclaw-image/versions';
import { readAgentSecrets } from '../../infra/crypto/agent-secrets.ts';
import type { Context } from '../context.ts';
import { checkChannelToken } from './check-token.ts';

/**
 * Refuses a bot token that would end the agent's whole gateway: versions that bundle Slack exit when Slack rejects it. The
 * packages of later versions report the error on the channel alone. When Slack does not answer, nothing is refused.
 * @throws AppError OPERATION_FAILED with Slack's reason
 */
export async function refuseFatalToken(context: Pick<Context, 'database' | 'envelope' | 'config'>, agentId: string, version: string) {
  if (!factsOf(version).bundledChannels.includes('slack')) return;
  const names = ['slackBotToken' as const];
  const { slackBotToken } = await context.database.as('service', (tx) => readAgentSecrets(tx, context.envelope, agentId, names));
  if (!slackBotToken) return;
  await checkChannelToken(context, 'slack', slackBotToken).catch((error) => {
    if (!(error instanceof AppError)) throw error;
    if (error.code === 'INVALID_REQUEST') throw new AppError('OPERATION_FAILED', `${error.message}. Set new tokens for Slack`);
  });
}
