import { AppError } from '@agentbot/contracts';
import { startMailbox } from '@agentbot/test-doubles/mailbox';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { tellAgents } from '../src/domain/notices/agent-notices.ts';
import { deliverMails, queueMails } from '../src/domain/notices/mails.ts';
import { beginOperation } from '../src/domain/operations/operations.ts';
import { newId } from '../src/shared/ids.ts';
import { endLostOperations } from '../src/workers/reconciler.ts';
import { workflows } from '../src/workers/workflow-registry.ts';
import { startBackend, type TestBackend } from './backend.ts';
import { createTestClock } from './test-clock.ts';

/** What owners are told by mail of their agents, and the way of a mail to the mail server. The schedule's own runs are in the past. */

const clock = createTestClock();
const MINUTE = 60_000;
const start = Date.parse('2040-01-01T00:00:00Z');
let backend: TestBackend;
let mailbox: Awaited<ReturnType<typeof startMailbox>>;

beforeAll(async () => {
  mailbox = await startMailbox();
  // A failed operation ends at once only while an engine answers.
  const engine = { DOCKER_HOST: 'unix:///var/run/docker.sock', INSTALLATION: 'test-notices', RECONCILE_SECONDS: '3600' };
  backend = await startBackend({ ...engine, SMTP_URL: mailbox.url, DASHBOARD_URL: 'https://dash.example' }, clock);
});
afterAll(async () => {
  await backend?.stop();
  await mailbox?.close();
});

const service = <T>(work: Parameters<typeof backend.context.database.as<T>>[1]) => backend.context.database.as('service', work);
async function openAccount(change: object = {}) {
  const id = await backend.account();
  const { email } = await service((tx) => tx.user.update({ where: { id }, data: { emailVerifiedAt: new Date(), ...change } }));
  return { id, email };
}
async function createAgent(owner: { id: string }, name: string): Promise<string> {
  const id = newId('agent');
  await service((tx) => tx.agent.create({ data: { id, ownerId: owner.id, name, model: 'm', aiProvider: 'openai', state: 'stopped' } }));
  return id;
}
const setState = (id: string, state: 'error' | 'running' | 'stopped' | 'updating', stateReason: string | null = null) =>
  service((tx) => tx.agent.update({ where: { id }, data: { state, stateReason } }));
/** Runs the tasks of a minute, counted from the start. */
const minute = (count: number) =>
  clock.at(new Date(start + count * MINUTE), async () => {
    await tellAgents(backend.context);
    await deliverMails(backend.context);
  });
/** The subjects and texts of the mails to an address, without the soft line ends of their encoding (RFC 2045, 6.7). */
const mailsTo = ({ email }: { email: string }) =>
  mailbox.mails
    .filter(({ to }) => to.includes(email))
    .map(({ text }) => text.replaceAll('=\r\n', ''))
    .map((text) => ({
      subject: /^Subject: (.*)\r$/m.exec(text)?.[1],
      text: text.slice(text.indexOf('\r\n\r\n') + 4).replaceAll('\r\n', '\n'),
    }));
const subjectsTo = (owner: { email: string }) => mailsTo(owner).map(({ subject }) => subject);

describe('notices of agents', () => {
  test('an agent in error for five minutes causes one mail, and another mail when it runs again', async () => {
    const owner = await openAccount();
    const id = await createAgent(owner, 'Heron');
    await setState(id, 'error', 'The image could not be downloaded.');
    for (const each of [0, 1, 4, 4.99]) await minute(each);
    expect(mailsTo(owner)).toEqual([]);
    for (const each of [5, 6, 90]) await minute(each);
    const footer = 'You can switch off mails about agents on the page Account.\n';
    const told = {
      subject: 'Heron does not work',
      text: `Heron does not work: The image could not be downloaded.\nhttps://dash.example/agents/${id}\n\n${footer}`,
    };
    expect(mailsTo(owner)).toEqual([told]);
    // A repair that fails is the same outage.
    await setState(id, 'updating');
    await minute(91);
    await setState(id, 'error');
    await minute(97);
    await setState(id, 'running');
    for (const each of [98, 99]) await minute(each);
    expect(mailsTo(owner)).toEqual([
      told,
      { subject: 'Heron works again', text: `Heron works again.\nhttps://dash.example/agents/${id}\n\n${footer}` },
    ]);
  });

  test('an agent whose error recurs causes at most one mail an hour, and none when it is stopped', async () => {
    const owner = await openAccount();
    const id = await createAgent(owner, 'Swift');
    for (const begin of [100, 120, 140, 160]) {
      await setState(id, 'error');
      for (const each of [0, 5]) await minute(begin + each);
      await setState(id, 'stopped');
      await minute(begin + 6);
    }
    // Told at 105; at 165 an hour has passed.
    expect(subjectsTo(owner)).toEqual(['Swift does not work', 'Swift does not work']);
  });

  test('an agent that recovers within five minutes causes no mail', async () => {
    const owner = await openAccount();
    const id = await createAgent(owner, 'Dunlin');
    await setState(id, 'error');
    for (const each of [170, 174]) await minute(each);
    await setState(id, 'running');
    for (const each of [175, 176]) await minute(each);
    expect(subjectsTo(owner)).toEqual([]);
  });

  test('several failed agents of an owner are named in one mail', async () => {
    const owner = await openAccount();
    const ids = [await createAgent(owner, 'Tern'), await createAgent(owner, 'Wren')];
    for (const id of ids) await setState(id, 'error', `The node of ${id} does not answer`);
    for (const each of [200, 205]) await minute(each);
    expect(subjectsTo(owner)).toEqual(['2 agents do not work']);
    for (const id of ids)
      expect(mailsTo(owner)[0]?.text).toContain(`The node of ${id} does not answer.\nhttps://dash.example/agents/${id}\n`);
  });

  test('no mail is sent when mails are off, the address is not confirmed, or the account is blocked', async () => {
    const owners = [
      await openAccount(),
      await openAccount({ emailVerifiedAt: null }),
      await openAccount({ blockedAt: new Date() }),
      await openAccount({ closingAt: new Date() }),
    ];
    const off = owners[0] as (typeof owners)[number];
    const { status, body } = await backend.as(off.id, 'PUT', '/api/account', { agentMails: false });
    expect([status, body.account.agentMails]).toEqual([200, false]);
    for (const owner of owners) await setState(await createAgent(owner, 'Crow'), 'error');
    for (const each of [300, 305]) await minute(each);
    expect(owners.flatMap(subjectsTo)).toEqual([]);
    expect((await backend.as(off.id, 'PUT', '/api/account', { agentMails: 'no' })).body.error).toBe('agentMails must be true or false');
    expect((await backend.as(off.id, 'PUT', '/api/account', { agentMails: true })).body.account.agentMails).toBe(true);
  });

  describe('a failed scheduled backup causes a mail, a failed requested backup none', () => {
    const reason = 'No space is left for the archive';
    const expectMail = async (owner: { email: string }, id: string, told: string) => {
      await minute(400);
      expect(subjectsTo(owner)).toEqual(['The automatic backup of Robin failed']);
      expect(mailsTo(owner)[0]?.text).toContain(
        `failed: ${told}. The next one begins at its usual time.\nhttps://dash.example/agents/${id}/backups\n`,
      );
    };

    test('when the worker ends the backup', async () => {
      const owner = await openAccount();
      const id = await createAgent(owner, 'Robin');
      const { backup } = workflows;
      workflows.backup = () => Promise.reject(new AppError('OPERATION_FAILED', reason));
      try {
        for (const cause of ['request', 'schedule']) {
          const { id: operationId } = await service(async (tx) =>
            beginOperation(tx, backend.context.boss, await tx.agent.findUniqueOrThrow({ where: { id } }), 'backup', { input: { cause } }),
          );
          const isOver = async () =>
            (await service((tx) => tx.operation.findUniqueOrThrow({ where: { id: operationId } }))).state === 'failed';
          await pollUntil('the backup has failed', isOver);
        }
      } finally {
        workflows.backup = backup;
      }
      await expectMail(owner, id, reason);
    });

    test('when the backup has lost its job', async () => {
      const owner = await openAccount();
      const id = await createAgent(owner, 'Robin');
      for (const cause of ['request', 'schedule']) {
        const data = { id: newId('op'), agentId: id, ownerId: owner.id, kind: 'backup', input: { cause }, createdAt: new Date(0) } as const;
        await service((tx) => tx.operation.create({ data }));
        await endLostOperations(backend.context);
      }
      await expectMail(owner, id, 'The operation was interrupted and could not be resumed. Try again');
    });
  });
});

describe('the queue of mails', () => {
  const queue = (owner: { id: string }, subject: string, at: number) =>
    clock.at(new Date(start + at * MINUTE), () =>
      service((tx) => queueMails(tx, clock, [{ ownerId: owner.id, subject, text: 'Something happened.\n' }])),
    );
  const waiting = (owner: { id: string }) => service((tx) => tx.mail.count({ where: { ownerId: owner.id } }));

  test('a mail that the server defers is retried after 1, 5, 30, 120 and 360 minutes, then dropped', async () => {
    const owner = await openAccount();
    mailbox.refused.set(owner.email, 451);
    await queue(owner, 'Later', 1_000);
    let at = 1_000;
    for (const wait of [1, 5, 30, 120, 360]) {
      await minute(at);
      mailbox.refused.delete(owner.email);
      await minute(at + wait - 0.01);
      expect(subjectsTo(owner)).toEqual([]);
      mailbox.refused.set(owner.email, 451);
      at += wait;
    }
    expect(await waiting(owner)).toBe(1);
    await minute(at);
    expect(await waiting(owner)).toBe(0);
  });

  test('a mail that the server rejects is dropped, and the next mail is sent', async () => {
    const [gone, there] = [await openAccount(), await openAccount()];
    mailbox.refused.set(gone.email, 550);
    await queue(gone, 'Refused', 2_000);
    await queue(there, 'Taken', 2_000);
    await minute(2_000);
    expect([await waiting(gone), await waiting(there), subjectsTo(there)]).toEqual([0, 0, ['Taken']]);
  });

  test('a mail whose sender crashed is sent again after 15 minutes, and not before', async () => {
    const owner = await openAccount();
    await queue(owner, 'Orphan', 3_000);
    const config = { ...backend.context.config, SMTP_URL: 'smtp://127.0.0.1:1' };
    // The process dies while the server is silent: nothing notes how the attempt ended.
    const dies = {
      ...backend.context.database,
      as: (...[who, work]: Parameters<typeof backend.context.database.as>) =>
        backend.context.database.as(who, (tx) =>
          work({ ...tx, $queryRaw: tx.$queryRaw, mail: { ...tx.mail, updateMany: () => Promise.reject(new Error('dead')) } } as never),
        ),
    };
    await clock.at(new Date(start + 3_000 * MINUTE), () =>
      expect(deliverMails({ ...backend.context, config, database: dies as never })).rejects.toThrow('dead'),
    );
    await minute(3_014.9);
    expect(subjectsTo(owner)).toEqual([]);
    await minute(3_015);
    expect(subjectsTo(owner)).toEqual(['Orphan']);
  });

  test('a mail is sent once when several processes deliver', async () => {
    const owner = await openAccount();
    for (let i = 0; i < 30; i++) await queue(owner, `Mail ${i}`, 4_000);
    await clock.at(new Date(start + 4_000 * MINUTE), () => Promise.all([1, 2, 3].map(() => deliverMails(backend.context))));
    expect(subjectsTo(owner).sort()).toEqual(Array.from({ length: 30 }, (_, i) => `Mail ${i}`).sort());
  });
});
