import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sweep } from '@agentbot/config/sweep';
import { canary } from '@agentbot/test-doubles/canaries';
import { startChannels } from '@agentbot/test-doubles/channels';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../browser.ts';
import { startWholeStack, type WholeStack } from '../stack.ts';
import { WebSession } from '../web-session.ts';
import { type Cell, type Matrix, writeMatrix } from './matrix.ts';

/**
 * The version line: each version of OpenClaw from its first start to its Control UI, through the web as a user goes, and one agent
 * that is updated from the oldest version to the newest. Results: docs/openclaw-versions.md.
 */

const ALL = ['2026.3.13', '2026.5.28', '2026.7.35', '2026.8.2', '2026.9.6'];
const DEFAULT = '2026.3.13';
/** The way of one agent through the versions. */
const JUMPS = ['2026.3.13', '2026.5.28', '2026.8.2', '2026.9.6'];
/** The named versions, or all of them; of CI two, on each day others. */
const VERSIONS = process.env.OPENCLAW_VERSIONS?.split(/[\s,]+/).filter(Boolean) ?? (process.env.CI ? sweep(ALL, 2) : ALL);
const SECRET = canary('sk-versions-');
const OWNER = 100;
const STRANGER = 200;
const GROUP = -500;
const imageOf = (version: string) => `agentbot/openclaw:${version}`;
const tokenOf = (version: string) => canary(`47${VERSIONS.indexOf(version)}1:`);

let stack: WholeStack;
let owner: WebSession;
let browser: Browser;
let model: Awaited<ReturnType<typeof startModelProvider>>;
let channels: Awaited<ReturnType<typeof startChannels>>;
let folder: string;
const matrix: Matrix = new Map();
const measured: string[] = [];

beforeAll(async () => {
  const builder = path.join(import.meta.dirname, '../../packages/openclaw-image/src/build.ts');
  execFileSync(process.execPath, [builder, ...new Set([DEFAULT, ...VERSIONS]), '--no-check'], { stdio: 'inherit' });
  model = await startModelProvider({ apiKey: SECRET });
  channels = await startChannels({
    image: imageOf(DEFAULT),
    labels: { 'agentbot.double': 'channels' },
    telegram: Object.fromEntries(VERSIONS.map((version, i) => [tokenOf(version), `line_${i}_bot`])),
  });
  folder = await mkdtemp(path.join(os.tmpdir(), 'agentbot-versions-'));
  const authorities = path.join(folder, 'ca.pem');
  await writeFile(authorities, channels.certificate);
  stack = await startWholeStack({ AGENT_EXTRA_CA_FILE: authorities, API_RATE_LIMIT: '5000' });
  ({ session: owner } = await WebSession.signUp(stack.webUrl, EMAIL));
  browser = await openBrowser();
}, 30 * 60_000);
afterAll(async () => {
  await browser?.close();
  await channels?.close();
  await stack?.stop();
  await model?.close();
  if (folder) await rm(folder, { recursive: true, force: true });
  if (matrix.size > 0 && !process.env.CI) await writeMatrix(matrix, [...new Set([...ALL, ...VERSIONS])]);
  process.stdout.write(`\n${measured.join('\n')}\n`);
}, 120_000);

/** Tells a measurement at once, and again at the end. */
const tell = (line: string) => {
  measured.push(line);
  process.stdout.write(`${line}\n`);
};
const seconds = (from: number) => ((performance.now() - from) / 1000).toFixed(1).padStart(7);

/** A test that is a cell of the matrix. */
function feature(name: string, version: string, work: () => Promise<unknown>): void {
  if (!matrix.has(name)) matrix.set(name, new Map());
  const note = (cell: Cell) => matrix.get(name)?.set(version, cell);
  test(name, async () => {
    const start = performance.now();
    try {
      note('no');
      await work();
      note('yes');
    } finally {
      tell(`${seconds(start)} s  ${version}  ${matrix.get(name)?.get(version)}  ${name}`);
    }
  });
}
const nothingToTry = (name: string, version: string) => {
  matrix.set(name, (matrix.get(name) ?? new Map()).set(version, '–'));
};

const EMAIL = 'ada@example.com';
const screenshots = process.env.SCREENSHOTS;
async function signIn(page: Page): Promise<void> {
  await page.goto(`${stack.webUrl}/signin`);
  await page.getByLabel('Email').fill(EMAIL);
  await page.getByLabel('Password').fill(canary('correct horse battery '));
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/signin'));
}

const overview = async (id: string) => (await owner.call('GET', `/api/agents/${id}/overview`)).body.agent;
const settled = (id: string) =>
  pollUntil(
    'the operation has ended',
    async () => (await owner.call('GET', `/api/agents/${id}/operations?limit=1`)).body.operations[0]?.finishedAt,
    { seconds: 300, everyMs: 250 },
  );
/** Calls a route of the agent. @throws Error with the route's error */
async function operate(method: string, route: string, body?: unknown) {
  const answer = await owner.call(method, route, body === undefined ? {} : { body });
  if (answer.status >= 300) throw new Error(`${method} ${route} answered ${answer.status}: ${answer.body.error}`);
  return answer.body;
}
/** The last frame of the stream of a message's reply. */
async function lastFrame(messageId: string) {
  const response = await owner.fetch(`/api/chat/${messageId}/stream`);
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const frames = (await response.text()).split('\n').filter((line) => line.startsWith('data: '));
  return JSON.parse(frames.at(-1)?.slice('data: '.length) ?? '{}');
}
/** Sends a message and waits for its reply, however long a loaded machine takes. @throws Error with the reply's error */
async function say(id: string, message: string): Promise<string> {
  const sent = await operate('POST', '/api/chat', { message, agentId: id, wait: false });
  const frame = await lastFrame(sent.id);
  if (frame.type !== 'done') throw new Error(`“${message}” ended with ${JSON.stringify(frame)}`);
  return frame.message.content;
}
/** Whether the model was told something together with a person's words. A boolean: the prompt is too long for a failed test. */
const wasTold = (words: string, text: string): boolean =>
  JSON.stringify(model.requests.findLast((request) => request.words === words)?.body ?? null).includes(text);

/** Puts the channels into the agent's network as soon as it is there: a bot that finds nobody at its start tries again much later. */
const joinChannels = (id: string) =>
  pollUntil(
    'the agent has a network',
    () =>
      channels.join(`openclaw-net-${id}`).then(
        () => true,
        (error) => error.statusCode !== 404 && Promise.reject(error),
      ),
    {
      seconds: 120,
    },
  );

async function provision(version: string, more: object = {}): Promise<string> {
  const config = {
    baseUrl: `http://host.docker.internal:${model.port}/v1`,
    model: 'echo-1',
    apiKey: SECRET,
    openclawVersion: version,
    ...more,
  };
  const body = { name: `On ${version}`, model: 'custom', wait: false, config };
  const { agent } = await operate('POST', '/api/agents/provision', body);
  if ('telegramToken' in more) await joinChannels(agent.id);
  await settled(agent.id);
  const { status, reason, openclawVersion } = await overview(agent.id);
  expect([status, reason, openclawVersion]).toEqual(['running', null, version]);
  return agent.id;
}
const remove = (id: string) => operate('DELETE', `/api/agents/${id}`);
/** The texts that the bot sent to a chat. */
const sentTo = async (chat: number) =>
  (await channels.calls())
    .filter(({ method, parameters }) => /^(sendMessage|editMessageText)$/.test(method) && Number(parameters.chat_id) === chat)
    .map(({ parameters }) => String(parameters.text));
async function hasSent(chat: number, text: string): Promise<void> {
  const isSent = async () => (await sentTo(chat)).includes(text);
  await pollUntil(`the bot sends “${text}”`, isSent, { seconds: 60, everyMs: 250 }).catch(async (error) => {
    throw new Error(`${error.message}. It has sent: ${JSON.stringify(await sentTo(chat))}`);
  });
}

describe.each(VERSIONS)('OpenClaw %s', (version) => {
  const token = tokenOf(version);
  const start = { at: 0 };
  let id: string;

  beforeAll(() => {
    start.at = performance.now();
  });
  afterAll(async () => {
    if (id) {
      await channels.leave(`openclaw-net-${id}`);
      await remove(id);
    }
    tell(`${seconds(start.at)} s  ${version}  all of it`);
  }, 120_000);

  feature('a new agent starts', version, async () => {
    id = await provision(version, { telegramToken: token, ownerIds: [String(OWNER)] });
  });

  feature('it answers in the chat', version, async () => {
    const { reply } = await operate('POST', '/api/chat', { message: 'My favourite colour is teal', agentId: id });
    expect(reply).toBe('You said: My favourite colour is teal');
  });

  feature('its replies stream', version, async () => {
    const sent = await operate('POST', '/api/chat', { message: 'Slowly please', agentId: id, wait: false });
    expect(await lastFrame(sent.id)).toMatchObject({ type: 'done', message: { content: 'You said: Slowly please' } });
  });

  feature('on Telegram it answers its owner and no stranger', version, async () => {
    await channels.write({ token, from: STRANGER, text: `Let me in, ${version}` });
    await channels.write({ token, from: OWNER, text: `Hello, ${version}` });
    await hasSent(OWNER, `You said: Hello, ${version}`);
    expect(await sentTo(STRANGER)).toEqual([]);
    const stored = async () =>
      (await operate('GET', `/api/agents/${id}/messages?limit=100`)).messages.filter(
        ({ platform }: { platform: string }) => platform === 'telegram',
      );
    await pollUntil('both sides are stored', async () => (await stored()).length >= 2, { seconds: 30 }).catch(() => undefined);
    expect((await stored()).map(({ sender, content }: Record<string, string>) => `${sender}: ${content}`).sort()).toEqual([
      `agent: You said: Hello, ${version}`,
      `user: Hello, ${version}`,
    ]);
    expect(model.requests.some(({ words }) => words.includes(`Let me in, ${version}`))).toBe(false);
  });

  feature('in a Telegram group it answers a mention only', version, async () => {
    await channels.write({ token, from: OWNER, group: GROUP, text: `Good morning, ${version}` });
    // 2026.9.6 makes one message of those that follow each other within 300 ms.
    await sleep(2_000);
    await channels.write({ token, from: OWNER, group: GROUP, text: `@agent are you on ${version}` });
    await hasSent(GROUP, `You said: @agent are you on ${version}`);
    expect(await sentTo(GROUP)).not.toContain(`You said: Good morning, ${version}`);
  });

  feature('a skill is switched, then the configuration changed', version, async () => {
    const skills = async () => (await operate('GET', `/api/agent?action=skills&agentId=${id}`)).skills;
    const { id: skillId } = (await skills()).find(({ enabled }: { enabled: boolean }) => enabled);
    await operate('POST', '/api/agent', { action: 'update-skill', skillId, enabled: false, agentId: id });
    await operate('PUT', `/api/agents/${id}/config`, { config: { model: 'echo-2', ownerIds: [String(OWNER), '300'] } });
    const from = performance.now();
    const { applied } = await operate('POST', `/api/agents/${id}/config/apply`);
    tell(`${seconds(from)} s  ${version}  configuration applied: ${applied}`);
    expect(applied).toBe(version === DEFAULT ? 'container' : 'live');
    expect(await overview(id)).toMatchObject({ current: true, status: 'running' });
    expect(await say(id, `Which model on ${version}?`)).toBe(`You said: Which model on ${version}?`);
    expect(model.requests.at(-1)?.model).toBe('echo-2');
    expect((await skills()).find((skill: { id: string }) => skill.id === skillId)).toMatchObject({ enabled: false });
  });

  feature('a credential is set', version, async () => {
    await operate('POST', '/api/agent', { action: 'set-credential', key: 'openai', value: canary('sk-other-'), agentId: id });
    await settled(id);
    const { credentials } = await operate('GET', `/api/agent?action=credentials&agentId=${id}`);
    expect(credentials).toMatchObject({ openai: true, telegram: true, discord: false });
    expect(await overview(id)).toMatchObject({ current: true, status: 'running' });
    expect(await say(id, 'Still here?')).toBe('You said: Still here?');
  });

  feature('its log is shown', version, async () => {
    const { lines } = await operate('GET', `/api/logs/${id}/history`);
    expect(lines.length).toBeGreaterThan(3);
    expect(lines.join('\n')).not.toContain(token);
  });

  feature('after kill -9 and the loss of its container it is back', version, async () => {
    const container = stack.docker.getContainer(`openclaw-${id}`);
    const { Id } = await container.inspect();
    await container.kill({ signal: 'KILL' });
    await container.remove({ force: true }).catch(() => undefined);
    await pollUntil(
      'a new container',
      () =>
        container.inspect().then(
          (state) => state.Id !== Id && state.State.Running,
          () => false,
        ),
      {
        seconds: 120,
        everyMs: 250,
      },
    );
    await pollUntil('the agent runs', async () => (await overview(id)).status === 'running', { seconds: 240, everyMs: 250 });
    expect(await overview(id)).toMatchObject({ current: true });
    expect(await say(id, 'What is my favourite colour?')).toBe('You said: What is my favourite colour?');
    expect(wasTold('What is my favourite colour?', 'My favourite colour is teal')).toBe(true);
    await channels.join(`openclaw-net-${id}`).catch(() => undefined);
    await channels.write({ token, from: OWNER, text: `Back on ${version}` });
    await hasSent(OWNER, `You said: Back on ${version}`);
  });

  let backupId: string;
  feature('its memory is reset', version, async () => {
    backupId = (await operate('POST', `/api/agents/${id}/backups`)).backup.id;
    await operate('POST', `/api/instance/${id}/reset-memory`);
    expect(await say(id, 'Do you remember?')).toBe('You said: Do you remember?');
    expect(wasTold('Do you remember?', 'My favourite colour is teal')).toBe(false);
  });

  feature('a backup is restored', version, async () => {
    await operate('POST', `/api/agents/${id}/backups/${backupId}/restore`);
    expect(await overview(id)).toMatchObject({ current: true, status: 'running', openclawVersion: version });
    expect(await say(id, 'And now?')).toBe('You said: And now?');
  });

  feature('its Control UI opens, signed in', version, async () => {
    const context = await browser.newContext();
    try {
      const requested: string[] = [];
      context.on('request', (request) => requested.push(request.url()));
      const dashboard = await context.newPage();
      await signIn(dashboard);
      await dashboard.goto(`${stack.webUrl}/agents/${id}`);
      const [page, answer] = await Promise.all([
        context.waitForEvent('page'),
        dashboard.waitForResponse(/\/control-ui$/),
        dashboard.getByRole('button', { name: 'Open Control UI' }).click(),
      ]);
      const { url } = (await answer.json()) as { url: string };
      expect(new URL(url).hostname).toBe(`${id}.agents.localhost`);
      const box = page.locator('textarea:visible').first();
      const connect = page.getByRole('button', { name: 'Connect', exact: true });
      await box.or(connect).first().waitFor({ timeout: 60_000 });
      // A version that does not look again whether it is paired by now says so, and has this button.
      if (await connect.isVisible()) {
        await page
          .getByText(/pairing required/i)
          .first()
          .waitFor();
        await connect.click();
      }
      await box.waitFor({ timeout: 30_000 });
      await pollUntil('the Control UI is connected', () => box.isEnabled(), { seconds: 60, everyMs: 200 });
      const said = `Said in the Control UI of ${version}`;
      await box.fill(said);
      await box.press('Enter');
      await pollUntil('the model is asked', async () => model.requests.some(({ words }) => words.includes(said)), { seconds: 60 });
      const gatewayToken = new URLSearchParams(new URL(url).hash.slice(1)).get('token') ?? 'none';
      expect(requested.filter((each) => each.replace(/#.*/, '').includes(gatewayToken))).toEqual([]);
      expect(page.url()).not.toContain(gatewayToken);
    } catch (error) {
      const [, page] = context.pages();
      if (screenshots && page) await page.screenshot({ path: path.join(screenshots, `control-ui-${version}.png`) });
      throw error;
    } finally {
      await context.close();
    }
  });

  const update = `an agent of ${DEFAULT} is updated to it`;
  if (version === DEFAULT) nothingToTry(update, version);
  else {
    feature(update, version, async () => {
      const older = await provision(DEFAULT);
      await say(older, 'My favourite animal is the heron');
      await operate('POST', `/api/instance/${older}/update`, { image: imageOf(version) });
      expect(await overview(older)).toMatchObject({ current: true, status: 'running', openclawVersion: version });
      expect(await say(older, 'Which animal?')).toBe('You said: Which animal?');
      expect(wasTold('Which animal?', 'My favourite animal is the heron')).toBe(true);
      // A gateway leaves out a provider that has refused a key once.
      expect(await say(older, 'And again?')).toBe('You said: And again?');
      await remove(older);
    });
  }
});

const way = JUMPS.filter((version) => VERSIONS.includes(version));
/** The last version before the database, whose archive is the way down, and the one that is tried and fails. */
const stop = way.findLast((version) => version < '2026.8') ?? '';

describe(`one agent goes ${way.join(' → ')}`, () => {
  const fact = (version: string) => `The word of ${version} is heron`;
  const been: string[] = [];
  let id: string;
  let backupId: string;
  const remembers = async (question: string) => {
    expect(await say(id, question)).toBe(`You said: ${question}`);
    for (const version of been) expect([version, wasTold(question, fact(version))]).toEqual([version, true]);
  };
  const arrive = async (version: string) => {
    await remembers(`What do you remember on ${version}?`);
    await say(id, fact(version));
    been.push(version);
    const { messages } = await operate('GET', `/api/agents/${id}/messages?limit=100`);
    for (const each of been) expect(JSON.stringify(messages)).toContain(fact(each));
  };
  const arrival = 'one agent comes from the version before, with its history';
  const putBack = 'from it, an update that fails is put back';
  const down = 'the way down to it, by the archive from before';

  for (const version of ALL) for (const name of [arrival, putBack, down]) nothingToTry(name, version);

  afterAll(async () => {
    if (id) await remove(id);
  }, 120_000);

  way.forEach((version, index) => {
    if (index === 0) {
      test(`it begins on ${version}`, async () => {
        id = await provision(version);
        await arrive(version);
      });
    } else {
      feature(arrival, version, async () => {
        await operate('POST', `/api/instance/${id}/update`, { image: imageOf(version) });
        expect(await overview(id)).toMatchObject({ current: true, status: 'running', openclawVersion: version });
        await arrive(version);
      });
    }
    if (version === stop && index < way.length - 1) {
      feature(putBack, version, async () => {
        const broken = imageOf('broken');
        const removeImage = await makeStandIn(imageOf(DEFAULT), broken, 'dies', '2026.8.2');
        try {
          const { status, body } = await owner.call('POST', `/api/instance/${id}/update`, { body: { image: broken } });
          expect([status, body.error]).toEqual([500, expect.stringContaining(`the agent is back on ${imageOf(version)}`)]);
          await remembers('What do you remember after the failure?');
        } finally {
          await removeImage();
        }
        const { backup } = await operate('POST', `/api/agents/${id}/backups`);
        backupId = backup.id;
      });
    }
  });

  if (stop && stop !== way.at(-1)) {
    feature(down, stop, async () => {
      const newest = way.at(-1) ?? '';
      const refused = await owner.call('POST', `/api/instance/${id}/update`, { body: { image: imageOf(stop) } });
      expect([refused.status, refused.body.error]).toEqual([
        500,
        expect.stringContaining(`OpenClaw ${stop} cannot read the conversations of OpenClaw ${newest}`),
      ]);
      await operate('POST', `/api/agents/${id}/backups/${backupId}/restore`, { withImage: true });
      expect(await overview(id)).toMatchObject({ status: 'running', openclawVersion: stop });
      been.splice(been.indexOf(stop) + 1);
      await remembers('What do you remember down here?');
      expect(wasTold('What do you remember down here?', fact(newest))).toBe(false);
    });
  }
});
