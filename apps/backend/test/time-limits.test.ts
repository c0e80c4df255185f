import { canary } from '@agentbot/test-doubles/canaries';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { resetPassword } from '../src/domain/accounts/password-reset.ts';
import { deleteExpiredSessions } from '../src/domain/accounts/sessions.ts';
import { beginScheduledBackups } from '../src/domain/backups/scheduled-backups.ts';
import { deleteOldAnswers } from '../src/infra/idempotency/idempotency.ts';
import { sha256 } from '../src/shared/sha256.ts';
import { planRestart } from '../src/workers/crash-restart.ts';
import { startBackendWithDocker } from './backend.ts';

// Lifetimes, schedules and back-off at their edges. A test moves a row's time instead of waiting.

let backend: Awaited<ReturnType<typeof startBackendWithDocker>>;

beforeAll(async () => {
  backend = await startBackendWithDocker('time-limits', { AGENT_PORT_BASE: '39000', AGENT_SUBNET: '10.233.0.0/16' });
});
afterAll(() => backend.stop());

const HOUR_MS = 3_600_000;
const ago = (ms: number) => new Date(Date.now() - ms);
const ahead = (ms: number) => new Date(Date.now() + ms);
const service = <T>(work: Parameters<typeof backend.context.database.as<T>>[1]) => backend.context.database.as('service', work);

describe('a link for a new password', () => {
  const password = canary('another long password ');
  const link = async (ownerId: string, expiresAt: Date) => {
    const token = `${ownerId}-${expiresAt.getTime()}`.padEnd(43, 'x');
    await service((tx) => tx.passwordReset.create({ data: { hash: sha256(token), ownerId, expiresAt } }));
    return token;
  };

  test('works until it expires', async () => {
    const user = await backend.account();
    await resetPassword(backend.context, { token: await link(user, ahead(5_000)), password });
    await expect(resetPassword(backend.context, { token: await link(user, ago(1)), password })).rejects.toMatchObject({
      code: 'INVALID_REQUEST',
      message: 'This link is no longer valid',
    });
  });

  test('ends every other link of the account, and none of another account', async () => {
    const [user, other] = [await backend.account(), await backend.account()];
    // The first link of an unverified account removes every credential anyway.
    await service((tx) => tx.user.updateMany({ where: { id: { in: [user, other] } }, data: { emailVerifiedAt: new Date() } }));
    const [first, second, others] = [
      await link(user, ahead(HOUR_MS)),
      await link(user, ahead(HOUR_MS + 1)),
      await link(other, ahead(HOUR_MS)),
    ];
    await resetPassword(backend.context, { token: first, password });
    await expect(resetPassword(backend.context, { token: second, password })).rejects.toThrow('This link is no longer valid');
    await resetPassword(backend.context, { token: others, password });
  });
});

describe('an Idempotency-Key', () => {
  const post = (user: string, path: string, body: unknown) => backend.machine(user, 'POST', path, body, { 'idempotency-key': 'one' });

  test('of one address does not answer for another address', async () => {
    const user = await backend.account();
    const [a, b] = [(await backend.machine(user, 'POST', '/api/agents', { name: 'A' })).body.id, 'agent_other'];
    expect((await post(user, `/api/agents/${a}/stop`, {})).status).not.toBe(422);
    expect(await post(user, `/api/agents/${b}/stop`, {})).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } });
  });

  test('is kept for 24 hours and deleted after them', async () => {
    const [fresh, old] = [await backend.account(), await backend.account()];
    for (const user of [fresh, old]) expect((await post(user, '/api/keys', { name: 'k' })).status).toBe(201);
    const moveTo = (ownerId: string, createdAt: Date) =>
      service((tx) => tx.idempotencyKey.updateMany({ where: { ownerId }, data: { createdAt } }));
    await moveTo(fresh, ago(24 * HOUR_MS - 60_000));
    await moveTo(old, ago(24 * HOUR_MS + 1_000));
    await deleteOldAnswers(backend.context);
    const count = (ownerId: string) => service((tx) => tx.idempotencyKey.count({ where: { ownerId } }));
    expect([await count(fresh), await count(old)]).toEqual([1, 0]);
    // The kept answer is sent again: no second key is created.
    const repeated = await post(fresh, '/api/keys', { name: 'k' });
    expect(repeated.headers.get('idempotency-replayed')).toBe('true');
    expect((await backend.as(fresh, 'GET', '/api/keys')).body.keys).toHaveLength(1);
  });
});

test('an expired session is refused at once, and a valid one is not deleted with it', async () => {
  const [valid, expired] = [await backend.account(), await backend.account()];
  const expireAt = (ownerId: string, expiresAt: Date) =>
    service((tx) => tx.session.updateMany({ where: { ownerId }, data: { expiresAt } }));
  await expireAt(valid, ahead(60_000));
  await expireAt(expired, ago(1));
  expect((await backend.as(valid, 'GET', '/api/me')).status).toBe(200);
  expect((await backend.as(expired, 'GET', '/api/me')).status).toBe(401);
  await deleteExpiredSessions(backend.context.database);
  expect((await backend.as(valid, 'GET', '/api/me')).status).toBe(200);
});

describe('a backup schedule', () => {
  test('is due again after its interval in hours', async () => {
    const user = await backend.account();
    const { id } = (await backend.machine(user, 'POST', '/api/agents', { name: 'Scheduled' })).body;
    await backend.as(user, 'PUT', `/api/agents/${id}/backups/schedule`, { everyHours: 6 });
    await service((tx) => tx.agent.update({ where: { id }, data: { nextBackupAt: ago(1) } }));
    const from = Date.now();
    await beginScheduledBackups(backend.context);
    const { nextBackupAt } = await service((tx) => tx.agent.findUniqueOrThrow({ where: { id } }));
    const waitMs = (nextBackupAt?.getTime() ?? 0) - from;
    expect(waitMs).toBeGreaterThanOrEqual(6 * HOUR_MS);
    expect(waitMs).toBeLessThan(6 * HOUR_MS + 30_000);
    // Not due: nothing changes.
    await beginScheduledBackups(backend.context);
    expect((await service((tx) => tx.agent.findUniqueOrThrow({ where: { id } }))).nextBackupAt).toEqual(nextBackupAt);
  });

  test('keeps ten backups for 30 days where its owner sets nothing', async () => {
    const user = await backend.account();
    const { id } = (await backend.machine(user, 'POST', '/api/agents', { name: 'Unscheduled' })).body;
    expect((await backend.as(user, 'GET', `/api/agents/${id}/backups`)).body.schedule).toMatchObject({ keep: 10, keepDays: 30 });
  });
});

test('a crashed agent is restarted at once, then after 4, 8, 16 and 32 seconds, and not a sixth time', async () => {
  const user = await backend.account();
  const { id } = (await backend.machine(user, 'POST', '/api/agents', { name: 'Crashing' })).body;
  const waits: (number | null)[] = [];
  for (let restarts = 0; restarts <= 5; restarts++) {
    const from = Date.now();
    const { giveUp, change } = await service((tx) => planRestart(tx, backend.config, id, 'It exited'));
    expect(giveUp).toBe(restarts === 5);
    waits.push(change.recoverAt && Math.round((change.recoverAt.getTime() - from) / 1_000));
    const operation = { id: `op_crash${restarts}`, agentId: id, ownerId: user, kind: 'start', state: 'succeeded' as const };
    await service((tx) => tx.operation.create({ data: { ...operation, input: { cause: 'recovery' }, finishedAt: new Date() } }));
  }
  expect(waits).toEqual([0, 4, 8, 16, 32, null]);
  // Outside the window nothing counts: the next crash is restarted at once.
  await service((tx) => tx.operation.updateMany({ where: { agentId: id }, data: { createdAt: ago(24 * HOUR_MS) } }));
  expect((await service((tx) => planRestart(tx, backend.config, id, 'It exited'))).change.recoverAt).not.toBeNull();
});
