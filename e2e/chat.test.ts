import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { pollUntil } from '@agentbot/test-doubles/poll-until';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import {
  button,
  closeDashboard,
  context,
  DESKTOP,
  database,
  expectAtEnd,
  expectCount,
  expectNoRefusals,
  expectRetry,
  findFaults,
  findFaultsOfPages,
  MODEL_KEY,
  openDashboard,
  PHONE,
  page,
  signUp,
  visit,
} from './dashboard.ts';

/** The chat in the browser. The agent has no container: the backend asks the model itself. */

let model: Awaited<ReturnType<typeof startModelProvider>>;
let id: string;

const log = (of = page) => of.getByRole('log', { name: 'Conversation' });
const field = (of = page) => of.getByLabel('Message', { exact: true });
const list = (of = page) => of.getByRole('navigation', { name: 'Conversations' });
const title = (of = page) => of.getByRole('region', { name: 'Chat' }).getByRole('heading', { level: 2 });
/** Sends with the Enter key. */
async function say(text: string, of: Page = page) {
  await field(of).fill(text);
  await field(of).press('Enter');
}
const replied = (text: string, of = page) => log(of).getByText(`You said: ${text}`, { exact: true }).first().waitFor();
const attach = (...files: { name: string; mimeType: string; buffer: Buffer }[]) =>
  page.getByLabel('Files', { exact: true }).setInputFiles(files);
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
const GIF = 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
const file = (name: string, base64: string) => ({ name, mimeType: 'application/octet-stream', buffer: Buffer.from(base64, 'base64') });
const newConversation = async () => {
  await button('New conversation').first().click();
  await title().getByText('New conversation').waitFor();
};
const shown = () => new URL(page.url()).searchParams.get('conversation') ?? '';
const count = async (content: string) =>
  (await database.query(`SELECT count(*)::int AS count FROM messages WHERE content = $1 AND sender = 'user'`, [content])).rows[0].count;
const reset = () =>
  model.setBehaviour({ reply: (words) => `You said: ${words}`, delayMs: 0, wordDelayMs: 0, failures: {}, instead: undefined });

beforeAll(async () => {
  model = await startModelProvider({ apiKey: MODEL_KEY });
  await openDashboard({ DOCKER_HOST: 'unix:///nonexistent/docker.sock', API_RATE_LIMIT: '10000' });
  await signUp();
  const config = { baseUrl: `http://host.docker.internal:${model.port}/v1`, model: 'echo-1', apiKey: MODEL_KEY };
  const data = { name: 'Ada', model: 'custom', config };
  const answer = await page.request.post(new URL('/api/agents/provision', page.url()).href, { data });
  id = (await answer.json()).agent.id;
});
beforeEach(async () => {
  reset();
  await visit(`/agents/${id}/chat`);
  await field().waitFor();
});
afterAll(async () => {
  await closeDashboard();
  await model?.close();
});

describe('a conversation', () => {
  test('begins with the first message, gets its title, and is shown again after a reload', async () => {
    await title().getByText('New conversation').waitFor();
    await say('Plan the garden\nwith herbs');
    await log().getByText('You said: Plan the garden').waitFor();
    await title().getByText('Plan the garden', { exact: true }).waitFor();
    await list()
      .getByRole('button', { name: /^Plan the garden/ })
      .waitFor();
    expect(shown()).toMatch(/^sess_/);
    await page.reload();
    await log().getByText('You said: Plan the garden').waitFor();
    expect(await log().locator('time').first().getAttribute('title')).toMatch(/\d{4}, \d+:\d\d:\d\d/);
  });

  test('is found by a word of a message, renamed, and deleted after a confirmation', async () => {
    await newConversation();
    await say('Where do kingfishers nest?');
    await replied('Where do kingfishers nest?');
    await newConversation();
    await say('Something else');
    await replied('Something else');
    await page.getByLabel('Search conversations').fill('KINGFISHER');
    await list()
      .getByRole('button', { name: /^Something else/ })
      .waitFor({ state: 'detached' });
    await list()
      .getByRole('button', { name: /^Where do kingfishers nest/ })
      .click();
    await replied('Where do kingfishers nest?');

    await button('Rename').click();
    await page.getByLabel('Title').fill('Birds');
    await page.getByLabel('Title').press('Enter');
    await title().getByText('Birds').waitFor();
    const birds = shown();
    const kept = () => page.evaluate((of) => Object.keys(localStorage).filter((key) => key.includes(of)).length, birds);
    await field().fill('A draft about birds');
    await pollUntil('the draft is kept', async () => (await kept()) > 0);
    await page.getByLabel('Search conversations').fill('birds');
    await list()
      .getByRole('button', { name: /^Birds/ })
      .waitFor();

    await button('Delete').click();
    await page.getByRole('dialog').getByText('Delete “Birds”?').waitFor();
    await button('Go back').click();
    await button('Delete').click();
    await button('Delete the conversation').click();
    await title().getByText('New conversation').waitFor();
    await page.getByText('No conversation contains this text.').waitFor();
    expect(await count('Where do kingfishers nest?')).toBe(0);
    await pollUntil('the draft is removed', async () => (await kept()) === 0);
  });

  test('keeps its own draft through a reload', async () => {
    await field().fill('A draft for the first');
    const first = shown();
    await newConversation();
    await field().fill('A draft for a new one');
    await page.reload();
    await page.waitForFunction(() => document.querySelector('textarea')?.value === 'A draft for a new one');
    await visit(`/agents/${id}/chat?conversation=${first}`);
    await page.waitForFunction(() => document.querySelector('textarea')?.value === 'A draft for the first');
    await field().fill('');
    await newConversation();
    await field().fill('');
  });

  test('that is not among the latest 100 is shown with its title', async () => {
    await newConversation();
    await say('An old conversation');
    await replied('An old conversation');
    await database.query(
      `INSERT INTO chat_sessions (id, agent_id, owner_id, last_activity_at)
       SELECT 'sess_many_' || i, agent_id, owner_id, now() + interval '1 hour' FROM chat_sessions, generate_series(1, 110) i WHERE id = $1`,
      [shown()],
    );
    await page.reload();
    await list()
      .getByText(/^The list shows the latest 100 of/)
      .waitFor();
    expect(
      await list()
        .getByRole('button', { name: /^An old conversation/ })
        .count(),
    ).toBe(0);
    await title().getByText('An old conversation', { exact: true }).waitFor();
    await database.query(`DELETE FROM chat_sessions WHERE id LIKE 'sess_many_%'`);
  });

  test('that is searched while the request fails shows the error, and a retry shows the result', async () => {
    await expectRetry(
      '**/conversations?*search=*',
      () => page.getByLabel('Search conversations').fill('no message has this'),
      page.getByText('No conversation contains this text.'),
    );
  });
});

describe('a reply', () => {
  test('is stopped in the middle, keeps its text, and the agent replies to the next message', async () => {
    await newConversation();
    const words = Array.from({ length: 400 }, (_, index) => `word-${index}`).join(' ');
    model.setBehaviour({ reply: () => words, wordDelayMs: 30 });
    await say('Tell me a story');
    await log().getByText('word-20').waitFor();
    await button('Stop reply').click();
    await log().getByText('Stopped. The reply is incomplete.').waitFor();
    await button('Stop reply').waitFor({ state: 'detached' });
    await page.reload();
    await log().getByText('Stopped. The reply is incomplete.').waitFor();
    expect(await log().getByText('word-20').count()).toBe(1);
    expect(await log().getByText('word-399').count()).toBe(0);
    reset();
    await say('Next');
    await replied('Next');
  });

  test('that grows goes on after a reload, from its first word to its last', async () => {
    await newConversation();
    const words = Array.from({ length: 150 }, (_, index) => `word-${index}`).join(' ');
    model.setBehaviour({ reply: () => words, wordDelayMs: 60 });
    await say('Tell me a long story');
    await log().getByText('word-10').waitFor();
    await page.reload();
    await button('Stop reply').waitFor();
    await log().getByText('word-20').waitFor();
    expect(await log().getByText('word-149').count()).toBe(0);
    await log().getByText('word-149').waitFor();
    await button('Stop reply').waitFor({ state: 'detached' });
    await expectCount(log().getByText(words, { exact: true }), 1);
    expect(model.requests.filter((request) => request.words === 'Tell me a long story').length).toBe(1);
  });

  test('that is pending does not block the next messages: they are queued, and a queued one can be cancelled', async () => {
    await newConversation();
    // The reply to the first message is pending until the test stops it.
    model.setBehaviour({ delayMs: 60_000 });
    await say('First');
    await say('Second');
    await say('Third');
    await log().getByText('Third', { exact: true }).waitFor();
    await log()
      .getByText(/^Queued/)
      .nth(1)
      .waitFor();
    await expectCount(button('Cancel'), 2);
    await button('Cancel').nth(1).click();
    await expectCount(button('Cancel'), 1);
    await pollUntil('the model has the first message', () => model.requests.some(({ words }) => words === 'First'));
    model.setBehaviour({ delayMs: 0 });
    await button('Stop reply').click();
    await replied('Second');
    await say('Fourth');
    await replied('Fourth');
    expect(model.requests.some(({ words }) => words === 'Third')).toBe(false);
  });

  test('that failed says why, also after a reload, and a retry succeeds', async () => {
    await newConversation();
    model.setBehaviour({ failures: { '*': 401 } });
    await say('Will this work?');
    await button('Try again').waitFor();
    const sentence = (await log().locator('p.text-danger').textContent()) ?? '';
    expect(sentence.length).toBeGreaterThan(20);
    await page.reload();
    await log().getByText(sentence).waitFor();
    reset();
    await button('Try again').click();
    await replied('Will this work?');
    expect(await button('Try again').count()).toBe(0);
    expect(await count('Will this work?')).toBe(2);
  });

  test('of Markdown has tables, nested lists and highlighted code that can be copied, and triggers no request', async () => {
    await newConversation();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    const markdown = [
      '# Title\n\n## Part\n\n- one\n  - inner\n    1. deep\n',
      '| a | b |\n| - | - |\n| 1 | 2 |\n',
      '```ts\nconst answer: number = 42;\n```\n',
      '<img src="https://example.com/a.png"> ![pixel](https://example.com/b.png) [site](https://example.com/c)',
    ].join('\n');
    model.setBehaviour({ reply: () => markdown });
    await say('Show Markdown');
    await log().locator('.hljs-keyword', { hasText: 'const' }).waitFor();
    await log().getByRole('table').waitFor();
    expect(await log().locator('ul ul ol li').textContent()).toBe('deep');
    const sizes = await log()
      .locator('h1, h2')
      .evaluateAll((all) => all.map((each) => Number.parseFloat(getComputedStyle(each).fontSize)));
    expect(sizes[0]).toBeGreaterThan(sizes[1] ?? 0);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await button('Copy code').click();
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe('const answer: number = 42;');
    await button('Copy message').last().click();
    await pollUntil('the message is copied', async () => (await page.evaluate(() => navigator.clipboard.readText())) === markdown);
    expect(await log().locator('img').count()).toBe(0);
    expect(requests.filter((url) => url.includes('example.com'))).toEqual([]);
  });
});

describe('a message', () => {
  test('is sent again, and is put into the field to be edited', async () => {
    await newConversation();
    await say('What is new?');
    await replied('What is new?');
    await button('Ask again').first().click();
    await pollUntil('the question is stored twice', async () => (await count('What is new?')) === 2);
    await log().getByText('You said: What is new?').nth(1).waitFor();
    await button('Edit').first().click();
    expect(await field().inputValue()).toBe('What is new?');
    await field().press('End');
    await field().pressSequentially(' Today');
    await field().press('Enter');
    await replied('What is new? Today');
  });

  test('that is delayed on its way is stored before the messages after it', async () => {
    await newConversation();
    await say('Hello');
    await replied('Hello');
    await page.route('**/api/chat', async (route) => {
      if (route.request().postDataJSON().message === 'Delayed') await new Promise((resolve) => setTimeout(resolve, 2_000));
      await route.continue().catch(() => undefined);
    });
    await say('Delayed');
    await say('Right behind it');
    await replied('Right behind it');
    await page.unroute('**/api/chat');
    const { rows } = await database.query(`SELECT content FROM messages WHERE session_id = $1 AND sender = 'user' ORDER BY seq`, [shown()]);
    expect(rows.map(({ content }) => content)).toEqual(['Hello', 'Delayed', 'Right behind it']);
  });

  test('that was not sent stays after a reload, and is stored once by a retry after a lost response', async () => {
    await newConversation();
    await say('Hello');
    await replied('Hello');
    await page.route('**/api/chat', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await say('Only once, please');
    await log()
      .getByText(/^Not sent\. The server cannot be reached/)
      .waitFor();
    await page.unroute('**/api/chat');
    await page.reload();
    await log()
      .getByText(/^Not sent\./)
      .waitFor();
    await button('Try again').click();
    await log()
      .getByText(/^Not sent\./)
      .waitFor({ state: 'detached' });
    await replied('Only once, please');
    expect(await count('Only once, please')).toBe(1);
  });

  test('that was stored before its response failed is stored and answered once, also after a retry', async () => {
    await newConversation();
    await say('Hello');
    await replied('Hello');
    await page.route('**/api/chat', async (route) => {
      await route.fetch();
      await route.fulfill({ status: 500, json: { error: 'It fails for once' } });
    });
    await say('Once despite an error');
    await log().getByText('Not sent. It fails for once').waitFor();
    await page.unroute('**/api/chat');
    await button('Try again').click();
    await log()
      .getByText(/^Not sent\./)
      .waitFor({ state: 'detached' });
    await replied('Once despite an error');
    await expectCount(log().getByText('Once despite an error', { exact: true }), 1);
    await expectCount(log().getByText('You said: Once despite an error', { exact: true }), 1);
    expect(await count('Once despite an error')).toBe(1);
  });

  test('that was refused because the agent did not run is sent by a retry when the agent runs again', async () => {
    await newConversation();
    await say('Hello');
    await replied('Hello');
    const setState = (state: string) => database.query('UPDATE agents SET state = $2 WHERE id = $1', [id, state]);
    await page.route('**/api/chat', async (route) => {
      await setState('stopped');
      const response = await route.fetch();
      await setState('running');
      await route.fulfill({ response });
    });
    await say('When you run again');
    await log().getByText('Not sent. The agent is not running (stopped)').waitFor();
    await page.unroute('**/api/chat');
    await button('Try again').click();
    await replied('When you run again');
    expect(await count('When you run again')).toBe(1);
  });

  test('that begins a conversation opens one conversation, also when the response is lost', async () => {
    await newConversation();
    const conversations = async () =>
      (await database.query('SELECT count(*)::int AS count FROM chat_sessions WHERE agent_id = $1', [id])).rows[0].count;
    const before = await conversations();
    await page.route('**/api/agent', async (route) => {
      await route.fetch();
      await route.abort();
    });
    await say('The very first');
    await log()
      .getByText(/^Not sent\. The server cannot be reached/)
      .waitFor();
    await page.unroute('**/api/agent');
    await button('Try again').click();
    await replied('The very first');
    expect(await conversations()).toBe(before + 1);
  });

  test('that was not sent is put below the text in the field to be edited', async () => {
    await newConversation();
    await say('Hello');
    await replied('Hello');
    await page.route('**/api/chat', (route) => route.abort());
    await say('Not yet');
    const unsent = log().getByText(/^Not sent\./);
    await unsent.waitFor();
    await field().fill('Typed meanwhile');
    await unsent.locator('..').getByRole('button', { name: 'Edit' }).click();
    await unsent.waitFor({ state: 'detached' });
    expect(await field().inputValue()).toBe('Typed meanwhile\n\nNot yet');
    await page.unroute('**/api/chat');
    await field().fill('');
    expect(await count('Not yet')).toBe(0);
  });

  test('has attached text files as code blocks below the typed text, and other files are refused with the reason', async () => {
    await newConversation();
    await field().fill('What do these do?');
    await attach(
      { name: 'add.py', mimeType: 'text/x-python', buffer: Buffer.from('def add(a, b):\n    return a + b\n') },
      { name: 'photo.png', mimeType: 'image/png', buffer: Buffer.from([0x89, 0x50, 0x4e, 0x47, 0xff, 0]) },
    );
    await page.getByText('photo.png is neither a text file nor a PNG, JPEG, WebP or GIF image').waitFor();
    const dropped = await page.evaluateHandle(() => {
      const data = new DataTransfer();
      data.items.add(new File(['a: 1'], 'b.yaml', { type: 'text/yaml' }));
      return data;
    });
    await field().dispatchEvent('drop', { dataTransfer: dropped });
    const whole = 'What do these do?\n\nadd.py:\n```py\ndef add(a, b):\n    return a + b\n```\n\nb.yaml:\n```yaml\na: 1\n```';
    await page.waitForFunction((text) => document.querySelector('textarea')?.value === text, whole);
    await field().press('Enter');
    await log().getByText('You said: What do these do?').waitFor();
    expect(model.requests.at(-1)?.words).toBe(whole);
    await log().locator('code', { hasText: 'return a + b' }).waitFor();
  });

  describe('with images', () => {
    const attached = () => page.getByRole('list', { name: 'Attached images' }).getByRole('img');
    /** The addresses of the images that the model got with a text. */
    function imagesFor(words: string): string[] {
      const body = model.requests.findLast((request) => request.words === words)?.body as { messages: { content: unknown }[] };
      const content = body.messages.at(-1)?.content as { image_url?: { url: string } }[];
      return content.flatMap(({ image_url }) => image_url?.url ?? []);
    }
    /** The images of the conversation that the browser has decoded, as their widths. */
    const widths = (of = page) =>
      log(of)
        .getByRole('img')
        .evaluateAll((all) => all.map((each) => (each as HTMLImageElement).naturalWidth));
    /** Gives the field files as a paste or a drop does. */
    async function transfer(event: 'paste' | 'drop', text?: string) {
      const data = await page.evaluateHandle(
        ([base64 = '', words]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([Uint8Array.from(atob(base64), (each) => each.charCodeAt(0))], 'image.png', { type: 'image/png' }));
          if (words) transfer.items.add(words, 'text/plain');
          return transfer;
        },
        [PNG, text] as const,
      );
      if (event === 'drop') return field().dispatchEvent('drop', { dataTransfer: data });
      await field().evaluate(
        (element, clipboardData) => element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true })),
        data,
      );
    }

    test('by button, drop and paste reaches the model, and shows them after a reload and in another tab', async () => {
      await newConversation();
      await attach(file('a.gif', GIF));
      await expectCount(attached(), 1);
      await transfer('drop');
      await expectCount(attached(), 2);
      await transfer('paste');
      await expectCount(attached(), 3);
      // A program that puts a picture of a text beside the text means the text.
      await transfer('paste', 'Words');
      await page.getByText('Write something about the image, then send it.').waitFor();
      expect(await button('Send').isDisabled()).toBe(true);
      await page.getByRole('button', { name: 'Remove image 2' }).click();
      await expectCount(attached(), 2);
      await say('What are these?');
      await replied('What are these?');
      await expectCount(attached(), 0);
      expect(imagesFor('What are these?')).toEqual([`data:image/gif;base64,${GIF}`, `data:image/png;base64,${PNG}`]);
      await page.reload();
      await pollUntil('both images are shown', async () => (await widths()).join() === '1,1');
      const other = await context.newPage();
      await other.goto(page.url());
      await pollUntil('the other tab shows both images', async () => (await widths(other)).join() === '1,1');
      await other.close();
    });

    test('that are too many are left out with a sentence, and a large one is made smaller', async () => {
      await newConversation();
      const noise = await page.evaluate(async () => {
        const canvas = new OffscreenCanvas(1_600, 1_200);
        const drawing = canvas.getContext('2d') as OffscreenCanvasRenderingContext2D;
        const image = drawing.createImageData(1_600, 1_200);
        for (let at = 0; at < image.data.length; at++) image.data[at] = at % 4 === 3 ? 255 : Math.random() * 256;
        drawing.putImageData(image, 0, 0);
        const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
        return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
      });
      expect(noise.length).toBeGreaterThan(4_000_000);
      await attach({ name: 'noise.png', mimeType: 'image/png', buffer: Buffer.from(noise, 'latin1') });
      await expectCount(attached(), 1);
      await attach(file('1.gif', GIF), file('2.gif', GIF), file('3.gif', GIF), file('4.gif', GIF));
      await page.getByText('A message can have at most 4 images').waitFor();
      await expectCount(attached(), 4);
      await say('Is it noise?');
      await replied('Is it noise?');
      const [large = ''] = imagesFor('Is it noise?');
      expect(large).toMatch(/^data:image\/jpeg;base64,/);
      expect(Buffer.from(large.slice(large.indexOf(',') + 1), 'base64').length).toBeLessThanOrEqual(500_000);
    });

    test('is sent again and edited with its images, also after it failed or was not sent', async () => {
      await newConversation();
      model.setBehaviour({ failures: { '*': 401 } });
      await attach(file('a.png', PNG));
      await say('Look here');
      await button('Try again').waitFor();
      reset();
      await button('Try again').click();
      await replied('Look here');
      expect(imagesFor('Look here')).toEqual([`data:image/png;base64,${PNG}`]);
      await button('Edit').first().click();
      await expectCount(attached(), 1);
      await page.route('**/api/chat', (route) => route.abort());
      await field().press('End');
      await field().pressSequentially(' once more');
      await field().press('Enter');
      const unsent = log().getByText(/^Not sent\./);
      await unsent.waitFor();
      await page.unroute('**/api/chat');
      await page.reload();
      await unsent.waitFor();
      await button('Try again').click();
      await replied('Look here once more');
      expect(imagesFor('Look here once more')).toEqual([`data:image/png;base64,${PNG}`]);
    });
  });

  test('longer than the limit stays in the field, and a hint says by how many characters it is too long', async () => {
    await newConversation();
    await field().fill('x'.repeat(31_000));
    await page.getByText('1,000 characters left').waitFor();
    await field().fill('x'.repeat(32_012));
    await page.getByText('The message is 12 characters too long; the limit is 32,000 characters.').waitFor();
    expect(await button('Send').isDisabled()).toBe(true);
    await field().press('Enter');
    expect((await field().inputValue()).length).toBe(32_012);
    await field().fill('');
  });

  test('and its reply appear in another tab, which can stop the reply', async () => {
    await newConversation();
    await say('For two tabs');
    await replied('For two tabs');
    const other = await context.newPage();
    await other.goto(page.url());
    await replied('For two tabs', other);
    model.setBehaviour({ delayMs: 60_000 });
    await say('Think long');
    await log(other).getByText('Think long', { exact: true }).waitFor();
    await other.getByRole('button', { name: 'Stop reply' }).click();
    await log()
      .getByText(/^Stopped\./)
      .waitFor();
    await log(other)
      .getByText(/^Stopped\./)
      .waitFor();
    await other.close();
  });
});

test('the keyboard alone sends messages, starts a conversation, and sends a message again', async () => {
  await newConversation();
  await say('By keyboard');
  await replied('By keyboard');
  // The field keeps the focus after Enter.
  await page.keyboard.type('And again');
  await page.keyboard.press('Enter');
  await replied('And again');
  await list()
    .getByRole('button', { name: /^By keyboard/ })
    .focus();
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Shift+Tab');
  expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('New conversation');
  await page.keyboard.press('Enter');
  await title().getByText('New conversation').waitFor();
  await page.keyboard.type('Straight into the field');
  await page.keyboard.press('Enter');
  await replied('Straight into the field');
  for (let presses = 0; presses < 20; presses++) {
    await page.keyboard.press('Shift+Tab');
    if (await page.evaluate(() => document.activeElement?.getAttribute('aria-label') === 'Ask again')) break;
  }
  await page.keyboard.press('Enter');
  await log().getByText('You said: Straight into the field').nth(1).waitFor();
});

/**
 * What the shown conversation costs the browser, as medians in ms: a frame while the messages are scrolled from end to end, and
 * the work for a typed letter.
 */
async function measureEffort() {
  await field().fill('');
  const [frame, letter] = await page.evaluate(async () => {
    const box = document.querySelector('[role=log]') as HTMLElement;
    const input = document.querySelector('textarea') as HTMLTextAreaElement;
    const nextFrame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
    const median = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(times.length / 2)] as number;
    const [frames, letters]: number[][] = [[], []];
    const end = box.scrollHeight - box.clientHeight;
    let last = await nextFrame();
    for (let step = 1; step <= 120; step++) {
      box.scrollTop = step <= 60 ? end * (1 - step / 60) : end * ((step - 60) / 60);
      const now = await nextFrame();
      frames?.push(now - last);
      last = now;
    }
    const setValue = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set;
    for (let count = 1; count <= 30; count++) {
      await nextFrame();
      const began = performance.now();
      setValue?.call(input, 'x'.repeat(count));
      // React renders before this returns, or in a microtask.
      input.dispatchEvent(new Event('input', { bubbles: true }));
      await Promise.resolve();
      letters?.push(performance.now() - began);
    }
    return [median(frames ?? []), median(letters ?? [])] as const;
  });
  expect(await field().inputValue()).toBe('x'.repeat(30));
  await field().fill('');
  return { frame, letter };
}

test('300 messages: earlier ones are loaded, the view stays, a button jumps to the latest, and the page stays fast', async () => {
  await newConversation();
  await say('The latest');
  await replied('The latest');
  await database.query(
    `INSERT INTO messages (id, agent_id, owner_id, session_id, sender, content, created_at, seq)
     SELECT 'msg_old_' || i, agent_id, owner_id, id, CASE WHEN i % 2 = 1 THEN 'user' ELSE 'agent' END,
       'Old message **' || i || '**', now() - interval '1 day' + i * interval '1 second', i - 1000
     FROM chat_sessions, generate_series(1, 298) i WHERE id = $1`,
    [shown()],
  );
  await page.reload();
  await replied('The latest');
  const with50 = await measureEffort();
  for (let loaded = 50; loaded < 300; loaded += 50) {
    await log().evaluate((box) => box.scrollTo({ top: 0 }));
    await button('Earlier messages').click();
    await log()
      .locator('time')
      .nth(loaded + 49)
      .waitFor();
  }
  await button('Earlier messages').waitFor({ state: 'detached' });
  await log().evaluate((box) => box.scrollTo({ top: 0 }));
  await log().getByText('Old message **1**').waitFor();
  await button('Jump to latest').click();
  await button('Jump to latest').waitFor({ state: 'detached' });
  await expectAtEnd(log());
  const with300 = await measureEffort();
  process.stderr.write(`50 messages: ${JSON.stringify(with50)}, 300 messages: ${JSON.stringify(with300)}\n`);
  // A fast machine measures one frame of its screen, and a letter in less than a clock's step.
  expect(with300.frame).toBeLessThan(2 * Math.max(with50.frame, 17));
  expect(with300.letter).toBeLessThan(3 * Math.max(with50.letter, 3));
});

describe('on a phone', () => {
  beforeEach(() => page.setViewportSize(PHONE));
  afterAll(() => page.setViewportSize(DESKTOP));

  test('the messages fill the screen, the conversations open in a drawer, and no hidden button takes the focus', async () => {
    await visit(`/agents/${id}/chat`);
    await log().waitFor();
    const box = await log().boundingBox();
    expect(box?.height).toBeGreaterThan(PHONE.height * 0.65);
    expect(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBeLessThan(2);
    await button('Conversations').click();
    const drawer = page.getByRole('dialog', { name: 'Conversations' });
    await drawer.getByRole('button', { name: /^Plan the garden/ }).click();
    await drawer.waitFor({ state: 'detached' });
    await title().getByText('Plan the garden').waitFor();
    await page.getByTestId('agent-status').waitFor({ state: 'attached' });
    // A button that is only moved out of sight would be counted.
    expect(await button('Stop').count()).toBe(0);
  });
});

test('a new conversation can be begun as soon as its button can be clicked, also while the scripts load', async () => {
  await say('Before the scripts');
  await replied('Before the scripts');
  await page.route('**/_next/static/**/*.js', async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    // The page may have been left, or the route removed, meanwhile.
    await route.continue().catch(() => undefined);
  });
  try {
    await page.goto(new URL(`/agents/${id}/chat`, page.url()).href, { waitUntil: 'commit' });
    await newConversation();
  } finally {
    await page.unroute('**/_next/static/**/*.js');
  }
});

test('every state is accessible in both themes, on a phone and a desktop', async () => {
  await newConversation();
  const markdown =
    '# Plan\n\n1. First\n   - inner\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```py\n# comment\ndef add(a, b):\n    return "sum", a + 1\n```';
  model.setBehaviour({ reply: () => markdown });
  await attach(file('a.gif', GIF), file('b.png', PNG));
  await page.getByRole('button', { name: 'Remove image 2' }).waitFor();
  await say('A reply with everything');
  await log().locator('.hljs-keyword').first().waitFor();
  model.setBehaviour({ failures: { '*': 401 } });
  await say('A failed one');
  await button('Try again').waitFor();
  model.setBehaviour({ failures: {}, delayMs: 120_000 });
  await say('An awaited one');
  await say('A queued one');
  await log()
    .getByText(/^Queued/)
    .waitFor();
  await field().fill('x'.repeat(32_001));
  expect(await findFaultsOfPages(page, [`/agents/${id}/chat?conversation=${shown()}`])).toEqual([]);
  // The page keeps no images through a navigation.
  await attach(file('a.gif', GIF), file('b.png', PNG));
  await page.getByRole('button', { name: 'Remove image 2' }).waitFor();
  expect(await findFaults(page, '/chat-with-images', 'light')).toEqual([]);
  await button('Stop reply').click();
  await log()
    .getByText(/^Stopped/)
    .first()
    .waitFor();
  expectNoRefusals();
});

test('a draft stays in the browser until its user signs out', async () => {
  const kept = () => page.evaluate(() => Object.keys(localStorage).filter((key) => key.startsWith('agentbot:')).length);
  await field().fill('Nobody else should read this');
  await pollUntil('the draft is kept', async () => (await kept()) > 0);
  await button('Sign out').click();
  await page.waitForURL(/\/signin/);
  await pollUntil('the draft is removed', async () => (await kept()) === 0);
});
