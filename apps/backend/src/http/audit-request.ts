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

const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);

/** The agent that an answer is about, where the request could not know its id. */
function agentIn(body: unknown): string | undefined {
  const { agentId, agent } = (body ?? {}) as { agentId?: unknown; agent?: { id?: unknown } };
  return text(agentId) ?? text(agent?.id);
}

/** What was made, as its answer names it. */
function madeIn(body: unknown): unknown[] {
  const { id, address, backup } = (body ?? {}) as { id?: unknown; address?: unknown; backup?: { id?: unknown } };
  return [id, address, backup?.id];
}

/** What a request names in its path beside the agent, or has made: a user, a key, a wallet, a backup. */
function targetIn(params: unknown, made: unknown[], agentId: string | undefined): string | null {
  const named = [...made, ...Object.values((params ?? {}) as Record<string, unknown>)].filter((value) => text(value) && value !== agentId);
  return text(named.at(-1))?.slice(0, 200) ?? null;
}

/** Writes down what a request is about to change, and once its outcome is known, before it is told, what it did or tried. */
export function createRequestAudit({ database, log, journal }: Pick<Context, 'database' | 'log' | 'journal'>) {
  /** Whose log it goes into: the agent's owner's, else the account's that was found or made, else the caller's. */
  async function ownerOf(actor: Actor, agentId: string | undefined, body: unknown): Promise<string> {
    if (actor.kind === 'user') return actor.userId;
    if (actor.kind === 'web') return text((body as { id?: unknown } | undefined)?.id) ?? SERVICE_ACCOUNT;
    return (agentId && (await agentOwner(database, agentId))) || SERVICE_ACCOUNT;
  }

  const who = (request: Request, actor: Actor) => ({
    actorKind: kindOf(actor),
    actorId: actor.kind === 'user' ? actor.userId : null,
    keyId: actor.kind === 'user' ? (actor.key?.id ?? null) : null,
    ip: clientAddress(request),
    userAgent: userAgentOf(request) ?? null,
    requestId: String(request.id),
  });

  return {
    /** Before anything is done. @throws Error when it cannot be written down: then nothing may be done */
    async begin(request: Request, state: RequestState): Promise<void> {
      const { route, actor, input } = state;
      if (!route || !isAudited(route) || !actor) return;
      const agentId = agentNamedIn(route, input ?? {});
      state.pending = await journal.begin({
        ...who(request, actor),
        ownerId: actor.kind === 'user' ? actor.userId : SERVICE_ACCOUNT,
        action: route.id,
        agentId: agentId ?? null,
        target: targetIn(input?.params, [], agentId),
      });
    },

    /** @param outcome the answer's body, or what was thrown */
    async end(
      request: Request,
      { route, actor, input, about, pending }: RequestState,
      { status, body, repeated, error }: { status: number; body?: unknown; repeated?: boolean; error?: unknown },
    ): Promise<void> {
      // Nobody knows who it was, or they ask too often: a flood of those must not become a flood of entries.
      if (!route || !isAudited(route) || !actor) return;
      const code = error === undefined ? null : error instanceof AppError ? error.code : 'INTERNAL';
      const done = repeated ? 'repeated' : 'done';
      const agentId = about ?? agentNamedIn(route, input ?? {}) ?? agentIn(body);
      const describe = async (): Promise<AuditedEvent> => ({
        ...who(request, actor),
        ownerId: await ownerOf(actor, agentId, body),
        action: route.id,
        agentId: agentId ?? null,
        target: targetIn(input?.params, status === 201 ? madeIn(body) : [], agentId),
        outcome: status >= 500 ? 'failed' : status >= 400 ? 'refused' : done,
        status,
        code,
      });
      try {
        if (code === 'RATE_LIMITED') {
          if (pending) await journal.discard(pending);
        } else if (pending) await journal.end(pending, describe);
        else await appendEntry(database, await describe());
      } catch (err) {
        // What was done is done: its answer must say so, and this must be seen.
        log.error({ err, action: route.id, agentId, requestId: request.id }, 'an entry of the audit log could not be written yet');
      }
    },
  };
}

export type RequestAudit = ReturnType<typeof createRequestAudit>;
