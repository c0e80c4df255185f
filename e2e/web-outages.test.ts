import { type ErrorCode, type RouteId, routes } from '@agentbot/contracts';
import { canary } from '@agentbot/test-doubles/canaries';
import { startEngineProxy } from '@agentbot/test-doubles/engine-faults';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  anonymous,
  call,
  callBackend,
  expectAllRowsSeen,
  expectRefusal,
  isoTime,
  needsSwarm,
  owner,
  ownerId,
  running,
  stack,
  startWebApi,
  stopWebApi,
  webRoutes,
  withDatabase,
} from './web-api.ts';

/** The web's errors while a dependency is missing or misconfigured, one outage after another. */

let engine: Awaited<ReturnType<typeof startEngineProxy>>;

beforeAll(async () => {
  engine = await startEngineProxy(/^POST .*\/containers\/[^/]+\/(start|stop)/, process.env.DOCKER_HOST || undefined);
  await startWebApi();
});
afterAll(async () => {
  await stopWebApi();
  await engine?.close();
});

describe('an outage:', () => {
  const restart = async (changed: NodeJS.ProcessEnv) => {
    await stack.killBackend();
    await stack.startBackend(changed);
  };
  const having = (code: ErrorCode) => webRoutes.filter(([, { errors }]) => errors.includes(code)).map(([id]) => id);
  const lifecycle = webRoutes.filter(([, { web }]) => web?.errorShape === 'lifecycle').map(([id]) => id);

  /** A new token of an agent that does not run needs no engine. */
  const pretendRunning = () =>
    withDatabase((client) => client.query(`UPDATE agents SET state = 'running', runtime = 'container' WHERE id = $1`, [running]));

  test('a failing Docker engine is OPERATION_FAILED', async () => {
    await restart({ DOCKER_HOST: engine.dockerHost, BACKUP_DIR: '/dev/null/backups' });
    const container = stack.docker.getContainer(`openclaw-${running}`);
    const signal = async (name: string) => {
      const exec = await container.exec({ Cmd: ['sh', '-c', `kill -${name} -1`], AttachStdout: true, Tty: true });
      await (await exec.start({ Tty: true })).toArray();
    };
    const { sessionId } = (await call('tellAgent')).body;
    // Stops the processes, because the backend would unpause a paused container.
    await signal('STOP');
    const query = `?action=skills&agentId=${running}`;
    const unreachable = /^The agent's gateway (cannot be reached|did not answer)$/;
    const silent = having('GATEWAY_UNAVAILABLE');
    const withSecond = (id: RouteId) => call(id, id === 'deleteConversation' ? { operation: sessionId } : {});
    // In parallel: each request waits ten seconds for the gateway.
    const [asked, ...others] = await Promise.all([call('askAgent', { query }), ...silent.map(withSecond)]);
    expectRefusal('askAgent', asked, 'OPERATION_FAILED', unreachable);
    for (const [index, id] of silent.entries()) expectRefusal(id, others[index] as typeof asked, 'GATEWAY_UNAVAILABLE');
    await signal('CONT');
    for (const id of ['createBackup', 'restoreBackup', 'downloadBackup'] as const) {
      expectRefusal(id, await call(id), 'OPERATION_FAILED', /^(The backup cannot be read|The agent's data could not be measured)$/);
    }
    await pretendRunning();
    expectRefusal('replaceAgentToken', await call('replaceAgentToken'), 'OPERATION_FAILED', /unexpected error/);
    for (const id of [
      'restartAgent',
      'stopAgent',
      'resetAgentMemory',
      'updateAgent',
      'repairAgent',
      'applyAgentConfig',
      'startAgent',
    ] as const) {
      expectRefusal(id, await call(id), 'OPERATION_FAILED', /unexpected error|could not be (archived|measured)/);
    }
    expectRefusal('provisionAgent', await call('provisionAgent'), 'OPERATION_FAILED', 'Failed to provision agent');
    expectRefusal('sendMessage', await call('sendMessage'), 'OPERATION_FAILED', 'The agent is not running (error)');
    expectRefusal('tellAgent', await call('tellAgent'), 'OPERATION_FAILED', 'The agent is not running (error)');
    await call('updateAgentConfig', { body: { whatsappToken: 'any' } });
    for (const id of ['linkWhatsApp', 'unlinkWhatsApp'] as const) {
      expectRefusal(id, await call(id), 'OPERATION_FAILED', 'The agent has no running gateway');
    }
  }, 240_000);

  test('an operation that outlasts the request is OPERATION_STILL_RUNNING', async () => {
    await restart({ DOCKER_HOST: engine.dockerHost, BACKUP_DIR: '/dev/null/backups', OPERATION_WAIT_SECONDS: '1' });
    const open = `SELECT FROM operations WHERE finished_at IS NULL AND agent_id = $1`;
    await withDatabase(async (client) => {
      for (const id of having('OPERATION_STILL_RUNNING')) {
        // The lock blocks the first stage.
        await client.query('BEGIN; LOCK TABLE operation_steps IN SHARE ROW EXCLUSIVE MODE');
        try {
          if (id === 'replaceAgentToken') await pretendRunning();
          expectRefusal(id, await call(id), 'OPERATION_STILL_RUNNING');
        } finally {
          await client.query('COMMIT');
        }
        await pollUntil('no operation is open', async () => (await client.query(open, [running])).rowCount === 0);
      }
    });
  }, 240_000);

  test('without Docker, operations that need it are DOCKER_UNAVAILABLE', async () => {
    await restart({ DOCKER_HOST: 'unix:///nonexistent.sock' });
    for (const id of having('DOCKER_UNAVAILABLE').filter((each) => !needsSwarm.includes(each))) {
      if (id === 'replaceAgentToken') await pretendRunning();
      expectRefusal(id, await call(id), 'DOCKER_UNAVAILABLE');
    }
    expect((await call('getHealth')).body.docker).toBe('unavailable');
    expect((await call('getAgentStats')).body.stats).toMatchObject({ cpu: 'N/A', memory: 'N/A' });
  }, 120_000);

  test('with provisioning disabled, only new agents are refused', async () => {
    await restart({ PROVISIONING_ENABLED: 'false', SIGN_UP: 'closed', SMTP_URL: '' });
    expectRefusal('register', await call('register', { as: anonymous }), 'SIGN_UP_CLOSED');
    expectRefusal('requestPasswordReset', await call('requestPasswordReset'), 'MAIL_UNAVAILABLE');
    const fresh = (await callBackend(ownerId, '/api/agents', { method: 'POST', body: JSON.stringify({ name: 'Fresh' }) })).body.id;
    for (const id of having('PROVISIONING_DISABLED')) {
      const its = lifecycle.includes(id) || id === 'applyAgentConfig' ? { agent: fresh } : {};
      expectRefusal(id, await call(id, its), 'PROVISIONING_DISABLED');
    }
    await call('deleteAgent', { agent: fresh });
    expect((await call('getHealth')).body.provisioning).toBe('disabled');
    expect((await call('startAgent')).body).toEqual({ success: true, status: 'active' });
  }, 120_000);

  test('too many attempts at a password, an account or a model’s key are RATE_LIMITED', async () => {
    await restart({ SIGN_IN_RATE_LIMIT: '1', SMTP_URL: 'smtp://127.0.0.1:1' });
    expectRefusal('createResetLink', await call('createResetLink', { agent: ownerId }), 'MAIL_AVAILABLE');
    expectRefusal('createUser', await call('createUser'), 'MAIL_UNAVAILABLE', /^The mail could not be sent/);
    for (const id of having('RATE_LIMITED')) {
      const as = routes[id].auth === 'caller' ? owner : anonymous;
      // Views of the sign-in page have a limit of their own, which is ten times as wide.
      const allowed = id === 'challengePasskeySignIn' ? 30 : 3;
      for (let i = 0; i < allowed; i++) await call(id, { as });
      expectRefusal(id, await call(id, { as }), 'RATE_LIMITED', /^Too many/);
    }
  }, 120_000);

  test('without tables, every operation is 500 with its own sentence and no internal detail', async () => {
    await restart({ STRIPE_SECRET_KEY: canary('sk_test_1-'), STRIPE_API_BASE: 'http://127.0.0.1:1', STRIPE_PRICE_SOLO: 'price_1' });
    const noSubscription = 'This account has no subscription yet';
    expectRefusal('openBillingPortal', await call('openBillingPortal'), 'PAYMENT_REQUIRED', noSubscription);
    const tables = [
      'agents',
      'users',
      'sessions',
      'messages',
      'replies',
      'api_keys',
      'operations',
      'password_resets',
      'challenges',
      'wallets',
      'log_views',
    ];
    await withDatabase(async (client) => {
      for (const table of tables) await client.query(`ALTER TABLE ${table} RENAME TO lost_${table}`);
      // Without the connection for notifications the backend forgets who calls, and must read the tables again.
      await client.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
      );
      await pollUntil('the backend reads who calls', async () => (await call('listPlans')).status === 500);
      for (const [id] of webRoutes) {
        if (['getHealth', 'getSignInOptions', 'getCloneService'].includes(id)) continue;
        const answer = await call(id);
        expectRefusal(id, answer, 'INTERNAL');
        expect(JSON.stringify(answer.body)).not.toMatch(/prisma|postgres|lost_/i);
      }
      for (const table of tables) await client.query(`ALTER TABLE lost_${table} RENAME TO ${table}`);
    });
  }, 120_000);

  test('without a backend, every operation is 502 in its own shape at once, and stats are the last ones seen', async () => {
    const before = (await call('getAgentStats')).body.stats;
    await stack.killBackend();
    const from = Date.now();
    for (const [id] of webRoutes) {
      if (id === 'getAgentStats') continue;
      expectRefusal(id, await call(id), 'BACKEND_UNAVAILABLE');
    }
    expect(Date.now() - from).toBeLessThan(30_000);
    expect(lifecycle.length).toBe(6);
    const { uptime, messagesProcessed, messagesPerHour, averageResponseTime, successRate, errorRate } = before;
    expect((await call('getAgentStats')).body).toEqual({
      stats: {
        agentId: running,
        uptime,
        messagesProcessed,
        messagesPerHour,
        averageResponseTime,
        successRate,
        errorRate,
        timestamp: isoTime,
      },
      status: 'mock',
    });
    expect((await call('getAgentStats', { agent: 'agent_other' })).body.stats).toMatchObject({ uptime: null, timestamp: null });
    await stack.startBackend();
    expect((await call('getAgent')).status).toBe(200);
  }, 120_000);
});

test('every row of the error tables that belongs to an outage was seen', () => expectAllRowsSeen('outages'));
