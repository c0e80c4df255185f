import { AppError, agentNamedIn, isAudited } from '@agentbot/contracts';
import type { Request } from 'express';
import { agentOwner } from '../domain/audit/agent-owner.ts';
import { type AuditedEvent, appendEntry } from '../domain/audit/append-entry.ts';
import type { Context } from '../domain/context.ts';
import { type Actor, SERVICE_ACCOUNT } from '../shared/actor.ts';
import { clientAddress, userAgentOf } from './client-address.ts';
import type { RequestState } from './error-handler.ts';

const kindOf = (actor: Actor): AuditedEvent['actorKind'] =>
  actor.kind === 'user' ? actor.credential : actor.kind === 'service' ? 'internal' : 'web';

/** The value, if it is a string that is not empty. */
const nonEmpty = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

/** The agent's id from a response body, for requests that do not name an agent. */
function agentIn(body: unknown): string | undefined {
  const { agentId, agent } = (body ?? {}) as { agentId?: unknown; agent?: { id?: unknown } };
  return nonEmpty(agentId) ?? nonEmpty(agent?.id);
}

/** The ids of a created resource, from the response body. */
function createdIds(body: unknown): unknown[] {
  const { id, address, backup } = (body ?? {}) as { id?: unknown; address?: unknown; backup?: { id?: unknown } };
  return [id, address, backup?.id];
}

/** The resource that a request names in its path or creates, other than the agent: a user, a key, a wallet, a backup. */
function targetOf(params: unknown, created: unknown[], agentId: string | undefined): string | null {
  const ids = [...created, ...Object.values((params ?? {}) as Record<string, unknown>)].filter(
    (value) => nonEmpty(value) && value !== agentId,
  );
  return nonEmpty(ids.at(-1))?.slice(0, 200) ?? null;
}

/** Audits requests: a pending entry before the handler runs, the final entry before the response is sent. */
export function createRequestAudit({ database, pool, log, journal }: Pick<Context, 'database' | 'pool' | 'log' | 'journal'>) {
  /** The owner of the entry: the user; for the web app, the account in the response; for the internal key, the agent's owner. */
  async function ownerOf(actor: Actor, agentId: string | undefined, body: unknown): Promise<string> {
    if (actor.kind === 'user') return actor.userId;
    if (actor.kind === 'web') return nonEmpty((body as { id?: unknown } | undefined)?.id) ?? SERVICE_ACCOUNT;
    return (agentId && (await agentOwner(database, agentId))) || SERVICE_ACCOUNT;
  }

  const callerFields = (request: Request, actor: Actor) => ({
    actorKind: kindOf(actor),
    actorId: actor.kind === 'user' ? actor.userId : null,
    keyId: actor.kind === 'user' ? (actor.key?.id ?? null) : null,
    ip: clientAddress(request),
    userAgent: userAgentOf(request) ?? null,
    requestId: String(request.id),
  });

  return {
    /** Writes the pending entry. @throws Error when the write fails: the handler must not run then */
    async begin(request: Request, state: RequestState): Promise<void> {
      const { route, actor, input } = state;
      if (!route || !isAudited(route) || !actor) return;
      const agentId = agentNamedIn(route, input ?? {});
      state.pendingEntryId = await journal.begin({
        ...callerFields(request, actor),
        ownerId: actor.kind === 'user' ? actor.userId : SERVICE_ACCOUNT,
        action: route.id,
        agentId: agentId ?? null,
        target: targetOf(input?.params, [], agentId),
      });
    },

    /** Writes the final entry. A failed write is logged, not thrown; the journal retries it if a pending entry exists. */
    async end(
      request: Request,
      { route, actor, input, agentId: foundAgentId, target, pendingEntryId }: RequestState,
      { status, body, repeated, error }: { status: number; body?: unknown; repeated?: boolean; error?: unknown },
    ): Promise<void> {
      // Unauthenticated and rate-limited requests get no entry: a flood of requests must not become a flood of entries.
      if (!route || !isAudited(route) || !actor) return;
      const code = error === undefined ? null : error instanceof AppError ? error.code : 'INTERNAL';
      const success = repeated ? 'repeated' : 'done';
      const agentId = foundAgentId ?? agentNamedIn(route, input ?? {}) ?? agentIn(body);
      const describe = async (): Promise<AuditedEvent> => ({
        ...callerFields(request, actor),
        ownerId: await ownerOf(actor, agentId, body),
        action: route.id,
        agentId: agentId ?? null,
        target: target ?? targetOf(input?.params, status === 201 ? createdIds(body) : [], agentId),
        outcome: status >= 500 ? 'failed' : status >= 400 ? 'refused' : success,
        status,
        code,
      });
      try {
        if (code === 'RATE_LIMITED') {
          if (pendingEntryId) await journal.discard(pendingEntryId);
        } else if (pendingEntryId) await journal.end(pendingEntryId, describe);
        else await appendEntry(pool, await describe());
      } catch (err) {
        // The change has already happened, so the response reports it; the log reports the missing entry.
        log.error({ err, action: route.id, agentId, requestId: request.id }, 'an audit entry could not be written yet');
      }
    },
  };
}

export type RequestAudit = ReturnType<typeof createRequestAudit>;
