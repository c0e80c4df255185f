import { AppError, type Page } from '@agentbot/contracts';
import type { Agent } from '../../generated/prisma/client.ts';
import { queryAs, type Statement } from '../../infra/database/query-as.ts';
import { type Actor, tenantOf } from '../../shared/actor.ts';
import { cursorOf, parseCursor } from '../../shared/page-cursor.ts';
import type { Context } from '../context.ts';

type Slice = Pick<Context, 'pool'>;

/** What the response of `GET /api/agents/:id` is made of. */
export type AgentSummary = Pick<
  Agent,
  | 'id'
  | 'hostPrefix'
  | 'state'
  | 'startedAt'
  | 'plan'
  | 'openclawVersion'
  | 'verified'
  | 'verificationType'
  | 'attestationUid'
  | 'verifiedAt'
>;

/** What a row of the lists of agents is made of. */
export type AgentListRow = Pick<Agent, 'id' | 'hostPrefix' | 'name' | 'model' | 'state' | 'createdAt' | 'updatedAt'>;

const summaryStatement: Statement = {
  name: 'agent-summary',
  text: `SELECT id, host_prefix AS "hostPrefix", state, started_at AS "startedAt", plan, openclaw_version AS "openclawVersion", verified,
    verification_type AS "verificationType", attestation_uid AS "attestationUid", verified_at AS "verifiedAt" FROM agents WHERE id = $1`,
};

/** One agent, in one round trip. @throws AppError AGENT_NOT_FOUND when it does not exist or the actor may not see it */
export async function readAgentSummary({ pool }: Slice, actor: Actor, id: string): Promise<AgentSummary> {
  const [agent] = await queryAs<AgentSummary>(pool, tenantOf(actor), summaryStatement, [id]);
  if (!agent) throw new AppError('AGENT_NOT_FOUND');
  return agent;
}

/** A user's rows are named by their owner, too: the policy alone, which has an OR, would read the rows of every account. */
function listStatement(isOfOwner: boolean, isAfterCursor: boolean): Statement {
  const conditions = [isOfOwner ? 'owner_id = $2' : '$2::text IS NULL', ...(isAfterCursor ? ['(created_at, id) < ($3, $4)'] : [])];
  return {
    name: `agent-list${isOfOwner ? '-of-owner' : ''}${isAfterCursor ? '-after' : ''}`,
    text: `SELECT id, host_prefix AS "hostPrefix", name, model, state, created_at AS "createdAt", updated_at AS "updatedAt" FROM agents
      WHERE ${conditions.join(' AND ')} ORDER BY created_at DESC, id DESC LIMIT $1`,
  };
}

/**
 * The agents that the actor may see, newest first, in one round trip; all of them without `limit`.
 * @returns `next` is the cursor of the next page, absent on the last page
 */
export async function readAgentList(
  { pool }: Slice,
  actor: Actor,
  { limit, cursor }: Page = {},
): Promise<{ agents: AgentListRow[]; next?: string }> {
  const tenant = tenantOf(actor);
  const owner = tenant === 'service' ? null : tenant.userId;
  const after = parseCursor(cursor);
  const values = [limit ? limit + 1 : null, owner, ...(after ? [after.createdAt, after.id] : [])];
  const agents = await queryAs<AgentListRow>(pool, tenant, listStatement(owner !== null, after !== undefined), values);
  if (!limit || agents.length <= limit) return { agents };
  const page = agents.slice(0, limit);
  return { agents: page, next: cursorOf(page.at(-1) as AgentListRow) };
}
