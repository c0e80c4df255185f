import { setTimeout as sleep } from 'node:timers/promises';
import { isWholeSweep, sweep } from '@agentbot/config/sweep';
import { storageOf } from '@agentbot/openclaw-image/versions';
import { canary } from '@agentbot/test-doubles/canaries';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startBackend, startBackendWithDocker, type TestBackend } from './backend.ts';
import { type StreamCase, streamCases, toolCases } from './chat-stream-cases.ts';
import { containersOn } from './containers.ts';
import { generatedTexts } from './generated-texts.ts';

/**
 * The model's double sends valid and invalid streams through a real gateway and to the backend itself. The stored reply must equal
 * the agent's transcript. The model must get a person's texts as they were typed.
 */

const SECRET = canary('sk-');
const VERSION = process.env.OPENCLAW_VERSION ?? '2026.3.13';
const WORKERS = 4;
/** The longest time of a message, in ms, on a busy machine. */
const DEADLINE_MS = 28_000;
const { shell } = containersOn();

interface Side {
  backend: TestBackend;
  owner: string;
  id: string;
}
interface Outcome {
  reply?: string;
  error?: string;
  ms: number;
  sessionId: string;
}
let model: Awaited<ReturnType<typeof startModelProvider>>;
let container: Side;
let alone: Side;

/** Creates an agent that answers with the double. */
async function agentOf(backend: TestBackend, host: string): Promise<Side> {
  const owner = await backend.account();
  const config = { baseUrl: `http://${host}:${model.port}/v1`, model: 'script-1', apiKey: SECRET };
  const { body } = await backend.as(owner, 'POST', '/api/agents/provision', { name: 'Streams', model: 'custom', config });
  await backend.settled(body.agent.id);
  return { backend, owner, id: body.agent.id };
}

const newSession = async ({ backend, owner, id }: Side): Promise<string> =>
  (await backend.as(owner, 'POST', '/api/agent?action=create-session', { agentId: id })).body.sessionId;
async function send({ backend, owner, id }: Side, message: string, sessionId: string): Promise<Outcome> {
  const began = Date.now();
  const { body } = await backend.as(owner, 'POST', '/api/chat', { message, agentId: id, sessionId });
  return { reply: body.reply, error: body.error, ms: Date.now() - began, sessionId };
}

/** Works on the items with several workers at a time. */
async function inParallel<T>(items: T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
}

/** Plays each case to an agent, each in a session of its own. */
async function play(side: Side, cases: StreamCase[]): Promise<Map<string, Outcome>> {
  const asked = new Map<string, number>();
  const byWords = new Map(cases.map((each, index) => [`Case ${index}`, each]));
  model.setBehaviour({
    script: (words) => {
      const responses = byWords.get(words)?.responses;
      const round = asked.get(words) ?? 0;
      asked.set(words, round + 1);
      return responses?.[Math.min(round, responses.length - 1)];
    },
  });
  const outcomes = new Map<string, Outcome>();
  await inParallel([...byWords], async ([words, { name, stop }]) => {
    const sessionId = await newSession(side);
    const answer = send(side, words, sessionId);
    if (stop && side === container) {
      while (!asked.has(words)) await sleep(50);
      await sleep(500);
      await send(side, 'stop', sessionId);
    }
    outcomes.set(name, await answer);
  });
  model.setBehaviour({ script: () => undefined });
  return outcomes;
}

interface Line {
  type: string;
  id?: string;
  message?: { role: string; stopReason?: string; content: string | { type: string; text?: string }[] };
}

/** Prints the sessions and the transcripts of a version that stores them in SQLite, in the form of the others' files. */
const PRINT_DATABASE = `
const { DatabaseSync } = require('node:sqlite');
const { zstdDecompressSync } = require('node:zlib');
const all = (query) => new DatabaseSync('/home/node/.openclaw/agents/main/agent/openclaw-agent.sqlite', { readOnly: true }).prepare(query).all();
const sessions = all('SELECT session_key, current_session_id FROM session_nodes');
console.log(JSON.stringify(Object.fromEntries(sessions.map((row) => [row.session_key, { sessionId: row.current_session_id }]))));
for (const { event_json, event_zstd } of all('SELECT event_json, event_zstd FROM transcript_events ORDER BY session_id, seq'))
  console.log(event_json ?? zstdDecompressSync(event_zstd).toString());`;
const PRINT_FILES = `cd /home/node/.openclaw/agents/main/sessions && tr -d '\\n' < sessions.json && echo && cat *.jsonl`;

/** What the agent said in each session, read from its transcripts. */
async function readTranscripts(id: string): Promise<(sessionId: string) => string | undefined> {
  const isDatabase = storageOf(VERSION) === 'sqlite';
  const printing = isDatabase ? `node -e "$(echo ${Buffer.from(PRINT_DATABASE).toString('base64')} | base64 -d)"` : PRINT_FILES;
  const printed = Buffer.from(await shell(id, `(${printing}) | base64 -w0`), 'base64').toString();
  const [first = '', ...rest] = printed.split('\n').filter(Boolean);
  const index: Record<string, { sessionId: string }> = JSON.parse(first);
  const lines: Line[] = rest.map((line) => JSON.parse(line));
  const said = new Map<string | undefined, string[]>();
  let current: string[] = [];
  for (const { type, id: session, message } of lines) {
    if (type === 'session') {
      current = [];
      said.set(session, current);
    }
    const { role, stopReason, content } = message ?? {};
    if (role === 'user') current.length = 0;
    if (role !== 'assistant' || stopReason === 'error' || !content) continue;
    current.push(typeof content === 'string' ? content : content.map((part) => (part.type === 'text' ? part.text : '')).join(''));
  }
  return (sessionId) => said.get(index[`agent:main:${sessionId}`]?.sessionId)?.filter(Boolean).join('\n\n');
}

/** What Postgres can store of a text. */
const storable = (text: string) => text.replaceAll('\u0000', '').toWellFormed();

beforeAll(async () => {
  model = await startModelProvider({ apiKey: SECRET });
  const settings = { OPENCLAW_IMAGE: `agentbot/openclaw:${VERSION}` };
  const [withDocker, without] = await Promise.all([startBackendWithDocker('streams', settings), startBackend()]);
  container = await agentOf(withDocker, 'host.docker.internal');
  alone = await agentOf(without, '127.0.0.1');
  // The first run prepares the workspace; two first runs at the same time fail.
  await send(container, 'Hello', await newSession(container));
});
afterAll(async () => {
  // Requests that the double still holds open would delay the backends.
  await model?.close();
  await Promise.all([container?.backend.stop(), alone?.backend.stop()]);
});

function expectOutcome({ reply, error, ms }: Outcome, expected: string | RegExp): void {
  if (typeof expected === 'string') expect({ reply, error }).toEqual({ reply: expected });
  else expect({ reply, error }).toEqual({ error: expect.stringMatching(expected) });
  expect(ms).toBeLessThan(DEADLINE_MS);
}

describe('an agent without a container stores what the stream says:', () => {
  let outcomes: Map<string, Outcome>;
  beforeAll(async () => {
    outcomes = await play(alone, streamCases);
  });

  test.each(streamCases)('$name', ({ name, backend }) => {
    expectOutcome(outcomes.get(name) as Outcome, backend);
  });
});

describe('an agent in a container stores what its transcript says:', () => {
  const cases = [...sweep(streamCases, 40, ({ name }) => name), ...toolCases];
  let outcomes: Map<string, Outcome>;
  let transcript: (sessionId: string) => string | undefined;
  beforeAll(async () => {
    outcomes = await play(container, cases);
    transcript = await readTranscripts(container.id);
  });

  test.each(cases)('$name', ({ name, backend, container: expected = backend, newer }) => {
    const outcome = outcomes.get(name) as Outcome;
    if (newer && storageOf(VERSION) === 'sqlite') return expect(outcome.reply).toMatch(newer);
    const said = storable(transcript(outcome.sessionId) ?? '');
    if (expected === 'transcript') {
      expect(said).not.toBe('');
      return expectOutcome(outcome, said);
    }
    expectOutcome(outcome, expected instanceof RegExp || typeof expected === 'string' ? expected : expected.text);
    if (typeof expected === 'string') expect(said).toBe(expected);
  });
});

describe('the model gets generated texts as they were typed, and its echo is stored as it is', () => {
  const generated = generatedTexts(200);
  /** An agent in a container takes much longer for a text. */
  const inContainer = isWholeSweep ? generated : generated.filter((_, index) => index % 3 === 0);
  const essence = (text: string) => text.normalize('NFC').replace(/\s/g, '');

  /** The texts that reached the model, or came back, in another form. */
  async function changedTexts(side: Side, texts: string[], expected: (text: string) => string): Promise<object[]> {
    const sessions = await Promise.all(Array.from({ length: WORKERS }, () => newSession(side)));
    const changed: object[] = [];
    model.requests.length = 0;
    await inParallel(texts, async (text) => {
      const sessionId = sessions.shift() as string;
      const { reply, error } = await send(side, text, sessionId);
      sessions.push(sessionId);
      const words = model.requests.find((request) => essence(request.words) === essence(text))?.words;
      if (words !== expected(text) || reply !== `You said: ${expected(text)}`) changed.push({ text, words, reply, error });
    });
    return changed;
  }

  test('from an agent without a container', async () => {
    expect(await changedTexts(alone, generated, (text) => text)).toEqual([]);
  });

  /** The gateway's own changes: older versions remove white space at the end, newer ones write line ends and accents in one form. */
  const asGatewaySends = (text: string) =>
    storageOf(VERSION) === 'sqlite' ? text.replaceAll(/\r\n?/g, '\n').normalize('NFC') : text.trimEnd();
  test('from an agent in a container, except for what its gateway changes', async () => {
    expect(await changedTexts(container, inContainer, asGatewaySends)).toEqual([]);
  });
});
