import type { Patch } from '../patch.ts';

const source = (name: string) => `apps/backend/src/${name}.ts`;
const backend = (file: string, name: string) => ({ package: '@agentbot/backend', file: `test/${file}.test.ts`, name });
const unit = (name: string, test: string) => ({ package: '@agentbot/backend', file: `src/${name}.test.ts`, name: test });
const counter = source('infra/rate-limit/batched-counter');
const reads = source('infra/database/query-as');
const callers = source('domain/accounts/callers');
const cache = source('infra/database/row-cache');

/** What is kept in memory or counted there, so that requests are fast. */
export const speed: Patch[] = [
  {
    id: 'caller-lost',
    file: callers,
    find: 'cache.clear(false)',
    replace: 'cache',
    harm: 'a key that is revoked while a process is told nothing goes on working there',
    test: backend('callers', 'while the connection for notifications is lost'),
  },
  {
    id: 'caller-key-fence',
    file: source('domain/accounts/api-keys'),
    find: '  await callers.fence();\n',
    replace: '',
    harm: 'a revoked key works for some milliseconds in another process',
    test: backend('callers', 'a revoked key answers 401'),
  },
  {
    id: 'caller-session-owner',
    file: source('domain/accounts/sessions'),
    find: ' || session.ownerId !== userId',
    replace: '',
    harm: 'an assertion acts for a user whose session it does not name',
    test: backend('sessions', 'unknown, expired or another user'),
  },
  {
    id: 'caller-changes',
    file: callers,
    find: 'cache.forget(id)',
    replace: 'id',
    harm: 'a revoked key works for ten more seconds',
    test: backend('callers', 'a revoked key answers 401'),
  },
  {
    id: 'caller-race',
    file: cache,
    find: ' && changes === before',
    replace: '',
    harm: 'a key that is revoked while it is read works for ten more seconds',
    test: unit('infra/database/row-cache', 'before it was told of a change'),
  },
  {
    id: 'caller-lifetime',
    file: cache,
    find: 'now() < entry.until',
    replace: 'entry.until',
    harm: 'a lost notification is never made up for',
    test: unit('infra/database/row-cache', 'after its lifetime'),
  },
  {
    id: 'caller-bound',
    file: cache,
    find: 'entries.size >= max',
    replace: 'entries.size > max',
    harm: 'the memory grows by one row too many',
    test: unit('infra/database/row-cache', 'at most its maximum'),
  },
  {
    id: 'hot-read-tenant',
    file: reads,
    find: 'values: settingsOf(tenant)',
    replace: "values: ['', 'service', '']",
    harm: 'everybody reads the agents of every account',
    test: backend('hot-reads', 'shows a user its own rows'),
  },
  {
    id: 'hot-read-local',
    file: reads,
    find: "'app.actor', $2, true)",
    replace: "'app.actor', $2, false)",
    harm: 'a connection keeps the rights of the platform for the next reader',
    test: backend('hot-reads', 'leaves no tenant'),
  },
  {
    id: 'hot-read-page',
    file: source('domain/agents/read-agents'),
    find: '(created_at, id) < ($3, $4)',
    replace: '(created_at, id) <= ($3, $4)',
    harm: 'each page of the list repeats the last agent of the one before',
    test: backend('machine-clients', 'GET /api/agents pages by the Link header'),
  },
  {
    id: 'claim-again',
    file: source('infra/idempotency/idempotency'),
    find: 'ON CONFLICT DO NOTHING RETURNING 1',
    replace: 'ON CONFLICT (owner_id, key) DO UPDATE SET alive_at = excluded.alive_at RETURNING 1',
    harm: 'a repeated request does its work again',
    test: backend('machine-clients', '100 parallel requests with one key'),
  },
  {
    id: 'audit-left-pending',
    file: source('domain/audit/append-entry'),
    find: 'DELETE FROM audit_pending WHERE id',
    replace: 'SELECT FROM audit_pending WHERE id',
    harm: 'each request is written twice, once with an unknown outcome',
    test: backend('audit', 'after its process was killed'),
  },
  {
    id: 'account-subscriptions',
    file: source('domain/accounts/accounts'),
    find: 'WHERE s.owner_id = u.id) AS subscriptions',
    replace: 'WHERE false) AS subscriptions',
    harm: 'a subscriber has no plan',
    test: backend('billing', 'stops running agents and deletes nothing'),
  },
  {
    id: 'rate-batch-share',
    file: counter,
    find: 'ERROR_SHARE = 0.05',
    replace: 'ERROR_SHARE = 1',
    harm: 'a client that uses two processes gets twice its limit',
    test: backend('rate-limit', 'a flood through two backends'),
  },
  {
    id: 'rate-batch-alone',
    file: counter,
    find: 'ELSE r.points + excluded.points END',
    replace: 'ELSE excluded.points END',
    harm: 'a client that is slow enough has no limit',
    test: backend('rate-limit', 'counted one by one'),
  },
  {
    id: 'rate-batch-twice',
    file: counter,
    find: '        window.unsettled -= unsettled;\n',
    replace: '',
    harm: 'requests are counted twice, and refused too early',
    test: backend('rate-limit', 'counted one by one'),
  },
  {
    id: 'rate-batch-window',
    file: counter,
    find: 'points = CASE WHEN r.expire <= $3::bigint THEN',
    replace: 'points = CASE WHEN false THEN',
    harm: 'a client is refused for ever after its first busy minute',
    test: backend('time-limits', 'of 120 requests is counted per minute'),
  },
  {
    id: 'rate-batch-waits',
    file: counter,
    find: 'if (window.unsettled < maxUnsettled())',
    replace: 'if (false)',
    harm: 'each request waits for the row of its count',
    test: backend('rate-limit', 'does not wait for the row'),
  },
];
