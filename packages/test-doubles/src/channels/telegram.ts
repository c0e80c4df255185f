import type { IncomingMessage, ServerResponse } from 'node:http';

/** A call of the bot, except polling. */
export interface BotCall {
  method: string;
  token: string;
  parameters: Record<string, unknown>;
}

/** A person's message to the bot, private or in a group. */
export interface Written {
  from: number;
  text: string;
  group?: number;
}

const bot = {
  id: 4711,
  is_bot: true,
  first_name: 'Agent',
  username: 'double_bot',
  can_join_groups: true,
  can_read_all_group_messages: true,
};
const MAX_POLL_SECONDS = 25;

async function parametersOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += chunk;
  try {
    return JSON.parse(text || '{}');
  } catch {
    return Object.fromEntries(new URLSearchParams(text));
  }
}

/** Telegram's bot API. @see https://core.telegram.org/bots/api */
export function createTelegram() {
  const calls: BotCall[] = [];
  let updates: { update_id: number; message: object }[] = [];
  let lastUpdate = 1000;
  let lastMessage = 1;
  let waiting: (() => void)[] = [];

  /** Long polling: responds when there is an update or at the timeout. */
  async function poll({ offset, timeout }: Record<string, unknown>) {
    const fresh = () => {
      updates = updates.filter(({ update_id }) => update_id >= (Number(offset) || 0));
      return updates;
    };
    if (fresh().length) return updates;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(MAX_POLL_SECONDS, Number(timeout) || 0) * 1000);
      waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    return fresh();
  }

  const messageFrom = ({ chat_id: chat, text, message_id: id }: Record<string, unknown>) => ({
    message_id: Number(id) || ++lastMessage,
    date: Math.floor(Date.now() / 1000),
    chat: { id: Number(chat), type: Number(chat) < 0 ? 'group' : 'private' },
    from: bot,
    text,
  });

  return {
    calls,
    async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
      const [, token = '', method = ''] = /^\/bot([^/]+)\/(\w+)/.exec(request.url ?? '') ?? [];
      const parameters = await parametersOf(request);
      if (method !== 'getUpdates') calls.push({ method, token, parameters });
      const results: Record<string, () => unknown> = {
        getMe: () => bot,
        getUpdates: () => poll(parameters),
        sendMessage: () => messageFrom(parameters),
        editMessageText: () => messageFrom(parameters),
      };
      const result = await (results[method]?.() ?? true);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ ok: true, result }));
    },
    write({ from, text, group }: Written): void {
      const person = { id: from, is_bot: false, first_name: `Person ${from}`, username: `person${from}` };
      const chat = group ? { id: group, type: 'group', title: 'A group' } : { id: from, type: 'private', first_name: person.first_name };
      const message = { message_id: ++lastMessage, date: Math.floor(Date.now() / 1000), chat, from: person, text };
      updates.push({ update_id: ++lastUpdate, message });
      for (const wake of waiting.splice(0)) wake();
      waiting = [];
    },
  };
}
