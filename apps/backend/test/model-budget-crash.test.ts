import { canary, canaryKey } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { virtualKey } from '../src/domain/usage/virtual-key.ts';
import { startBackend, type TestBackend } from './backend.ts';
import { type ChildBackend, startChildBackend } from './child-backend.ts';
import { atDatabaseTime } from './test-clock.ts';

/** Two backends on one database; one is killed while both serve calls of an agent with a budget of a dollar. */

const KEY = canary('openai-key-');
const CALLS = 200;
const FIRST_CALLS = 6;
/** A call of 50 tokens reserves about $0.07 and costs about $0.012: the reply has eleven words. */
const PRICE = { inputUsd: 10, outputUsd: 1_000 };
const REPLY_TOKENS = 11;
const MAX_TOKENS = 50;

let model: Awaited<ReturnType<typeof startModelProvider>>;
let backend: TestBackend;
let killed: ChildBackend;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: KEY });
  const ENCRYPTION_KEYS = `test:${canaryKey()}`;
  backend = await startBackend({ ENCRYPTION_KEYS });
  const { DATABASE_URL, DOCKER_HOST = '' } = backend.config;
  killed = await startChildBackend({ DATABASE_URL, DOCKER_HOST, ENCRYPTION_KEYS, AGENT_SUBNET: '10.249.0.0/16' });
});
afterAll(async () => {
  await killed?.stop();
  await backend?.stop();
  await model?.close();
});

/** A port of a backend's own, from its log. */
function modelGatewayPortOf({ lines }: ChildBackend): number {
  const line = lines.findLast((each) => each.includes('"msg":"listening"'));
  return JSON.parse(line ?? '{}').modelGatewayPort;
}

interface LedgerRow {
  process_id: string;
  outcome: string;
  input_tokens: number;
  output_tokens: number;
  estimated: boolean;
}
async function readLedger(agentId: string): Promise<LedgerRow[]> {
  const client = new pg.Client({ connectionString: backend.config.DATABASE_URL });
  await client.connect();
  await client.query("SET app.actor = 'service'");
  const columns = 'process_id, outcome, input_tokens, output_tokens, estimated';
  const { rows } = await client.query(`SELECT ${columns} FROM model_calls WHERE agent_id = $1`, [agentId]);
  await client.end();
  return rows;
}
const inOrder = (values: number[]) => values.toSorted((a, b) => a - b);

test('200 parallel calls never cost more than the budget, also when callers leave and a backend is killed', async () => {
  const user = await backend.account();
  await backend.machine(undefined, 'PUT', `/api/admin/users/${user}/plan`, { plan: 'network' });
  const config = { plan: 'network', baseUrl: `http://127.0.0.1:${model.port}/v1`, model: 'echo-1', apiKey: KEY };
  const { id } = (await backend.machine(user, 'POST', '/api/agents', { name: 'Caller', config })).body;
  const key = virtualKey(id, (await backend.machine(user, 'GET', `/api/agents/${id}/token`)).body.token);
  await backend.machine(user, 'PUT', `/api/agents/${id}/budget`, { dailyUsd: 1, price: PRICE });
  await backend.machine(user, 'PUT', '/api/budget', { monthlyUsd: 3 });
  model.setBehaviour({ reply: (words) => words, wordDelayMs: 100 });
  const ports = { living: backend.modelGatewayPort, killed: modelGatewayPortOf(killed) };

  /** Calls through a backend; `undefined` when that backend was killed. */
  async function call(index: number, through: keyof typeof ports): Promise<number | undefined> {
    const leaving = new AbortController();
    const sent = {
      model: 'echo-1',
      stream: true,
      max_tokens: MAX_TOKENS,
      messages: [{ role: 'user', content: `${index} one two three four five six seven eight nine ten` }],
    };
    try {
      const response = await fetch(`http://127.0.0.1:${ports[through]}/custom/chat/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}`, 'user-agent': through },
        body: JSON.stringify(sent),
        signal: leaving.signal,
      });
      // Some callers leave in the middle.
      if (response.status === 200 && index % 5 === 0) {
        await response.body?.getReader().read();
        leaving.abort();
      } else await response.text();
      return response.status;
    } catch {
      return undefined;
    }
  }
  const callAgain = async (index: number) => (await call(index, 'killed')) ?? call(index, 'living');
  const through = (name: keyof typeof ports) => model.requests.filter(({ headers }) => headers['user-agent'] === name);
  const served = (name: keyof typeof ports, count: number) =>
    pollUntil(`${name} serves ${count} calls`, async () => through(name).length >= count, { seconds: 20, everyMs: 5 });

  // Fourteen reservations fit at a time: the backend that is killed gets its share before all others race for the rest.
  const first = Array.from({ length: FIRST_CALLS }, (_, index) => callAgain(index));
  await served('killed', FIRST_CALLS);
  const rest = Array.from({ length: CALLS - FIRST_CALLS }, (_, each) => {
    const index = each + FIRST_CALLS;
    return index % 2 ? call(index, 'living') : callAgain(index);
  });
  await served('living', 1);
  await killed.kill();
  const statuses = await Promise.all([...first, ...rest]);

  const usage = async () => (await backend.machine(user, 'GET', `/api/agents/${id}/usage`)).body;
  // Reservations of a process are released when its heartbeat is stale for a minute.
  expect((await usage()).spent.reservedUsd).toBeGreaterThan(0);
  const later = new Date(Date.now() + 10 * 60_000);
  await atDatabaseTime(backend.config.DATABASE_URL, later, () => backend.context.pool.query('SELECT end_lost_model_calls()'));
  const { spent } = await usage();
  const ledger = await readLedger(id);
  const { requests } = model;

  // The budget was used, and the rest of the calls was refused.
  expect(new Set(statuses)).toEqual(new Set([200, 412]));
  expect(requests.length).toBeGreaterThan(10);
  const tokensIn = ({ body }: (typeof requests)[number]) => Math.ceil(JSON.stringify(body).length / 4);
  const billed = requests.reduce((sum, each) => sum + tokensIn(each) * PRICE.inputUsd + REPLY_TOKENS * PRICE.outputUsd, 0) / 1e6;
  expect(billed).toBeLessThanOrEqual(1);
  expect(spent.dayUsd).toBeLessThanOrEqual(1);
  expect(spent.reservedUsd).toBe(0);

  const begun = ledger.filter(({ outcome }) => !outcome.startsWith('refused'));
  const ofLiving = begun.filter(({ process_id }) => process_id === backend.context.processId);
  expect(ofLiving).toHaveLength(through('living').length);
  // The backend may have been killed after a reservation and before its request.
  expect(begun.length - ofLiving.length).toBeGreaterThanOrEqual(through('killed').length);
  expect(begun.filter(({ outcome }) => outcome === 'lost').length).toBeGreaterThan(0);

  const finished = ofLiving.filter(({ outcome }) => outcome === 'done');
  expect(finished.every(({ output_tokens, estimated }) => output_tokens === REPLY_TOKENS && !estimated)).toBe(true);
  const complete = through('living').filter(({ abandoned }) => !abandoned);
  expect(inOrder(finished.map(({ input_tokens }) => input_tokens))).toEqual(inOrder(complete.map(tokensIn)));
});
