import { type Entity, readText, TelegramError } from './telegram-text.ts';

/** A person's message to a bot, private or in a group. */
export interface Written {
  from: number;
  text: string;
  group?: number;
}

export type Parameters = Record<string, unknown>;
interface Chat {
  id: number;
  type: 'private' | 'group';
  title?: string;
  first_name?: string;
}
interface Message {
  message_id: number;
  date: number;
  chat: Chat;
  from: object;
  text: string;
  entities?: Entity[];
}

/** The maximum time of long polling, in seconds, and the maximum number of updates in one answer. */
const MAX_POLL_SECONDS = 50;
const MAX_UPDATES = 100;
const MAX_COMMANDS = 100;
const actions = /^(typing|upload_|record_|choose_sticker|find_location)/;

const badRequest = (description: string) => new TelegramError(400, `Bad Request: ${description}`);
const conflict = (description: string) => new TelegramError(409, `Conflict: ${description}`);

/** One bot: its chats, its updates and its methods. @see https://core.telegram.org/bots/api#available-methods */
export function createBot(token: string, username: string) {
  const me = { id: Number(token.split(':')[0]), is_bot: true, first_name: 'Agent', username };
  const chats = new Map<number, Chat>();
  const messages = new Map<number, Message>();
  const blockedBy = new Set<number>();
  let updates: { update_id: number; message: Message }[] = [];
  let lastUpdate = 1000;
  let lastMessage = 1;
  let webhook = '';
  let commands: unknown[] = [];
  let flood = { until: 0 };
  /** The open long poll. */
  let poller: { end: () => void; fail: (error: Error) => void } | undefined;

  /** Long polling: answers when there is an update or at the timeout. An offset confirms the updates before it. */
  async function getUpdates({ offset: asked, limit: most, timeout }: Parameters) {
    if (webhook) throw conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first");
    poller?.fail(conflict('terminated by other getUpdates request; make sure that only one bot instance is running'));
    const offset = Number(asked) || 0;
    if (offset < 0) updates = updates.slice(offset);
    else updates = updates.filter(({ update_id }) => update_id >= offset);
    const limit = Math.min(MAX_UPDATES, Math.max(1, Number(most) || MAX_UPDATES));
    if (updates.length === 0) {
      const seconds = Math.min(MAX_POLL_SECONDS, Number(timeout) || 0);
      const wait = Promise.withResolvers<void>();
      const own = { end: wait.resolve, fail: wait.reject };
      poller = own;
      const timer = setTimeout(wait.resolve, seconds * 1000);
      await wait.promise.finally(() => {
        clearTimeout(timer);
        if (poller === own) poller = undefined;
      });
    }
    return updates.slice(0, limit);
  }

  function chatOf({ chat_id: id }: Parameters): Chat {
    if (id === undefined || id === '') throw badRequest('chat_id is empty');
    const chat = chats.get(Number(id));
    // A bot cannot begin a conversation.
    if (!chat) throw badRequest('chat not found');
    if (blockedBy.has(chat.id)) throw new TelegramError(403, 'Forbidden: bot was blocked by the user');
    const seconds = Math.ceil((flood.until - Date.now()) / 1000);
    if (seconds > 0) throw new TelegramError(429, `Too Many Requests: retry after ${seconds}`, seconds);
    return chat;
  }
  function messageOf(parameters: Parameters, use: string): Message {
    const chat = chatOf(parameters);
    const message = messages.get(Number(parameters.message_id));
    if (message?.chat.id !== chat.id) throw badRequest(`message to ${use} not found`);
    return message;
  }

  function sendMessage(parameters: Parameters): Message {
    const chat = chatOf(parameters);
    const { text, entities } = readText(String(parameters.text ?? ''), parameters.parse_mode);
    const reply = parameters.reply_parameters as { message_id?: number; allow_sending_without_reply?: boolean } | undefined;
    const repliedId = Number(reply?.message_id ?? parameters.reply_to_message_id ?? 0);
    const isLenient = reply?.allow_sending_without_reply ?? parameters.allow_sending_without_reply;
    if (repliedId && !isLenient && messages.get(repliedId)?.chat.id !== chat.id) throw badRequest('message to be replied not found');
    return keep({ chat, from: me, text, ...(entities.length > 0 && { entities }) });
  }
  function editMessageText(parameters: Parameters): Message {
    const message = messageOf(parameters, 'edit');
    if (message.from !== me) throw badRequest("message can't be edited");
    const { text, entities } = readText(String(parameters.text ?? ''), parameters.parse_mode);
    if (text === message.text && JSON.stringify(entities) === JSON.stringify(message.entities ?? [])) {
      throw badRequest(
        'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
      );
    }
    return Object.assign(message, { text, entities });
  }
  function setMyCommands({ commands: given }: Parameters) {
    const list = typeof given === 'string' ? JSON.parse(given) : given;
    if (!Array.isArray(list)) throw badRequest('parameter "commands" is required');
    if (list.length > MAX_COMMANDS) throw badRequest('BOT_COMMANDS_TOO_MUCH');
    for (const { command, description } of list) {
      if (!/^[a-z0-9_]{1,32}$/.test(command)) throw badRequest('BOT_COMMAND_INVALID');
      if (!description || description.length > 256) throw badRequest('BOT_COMMAND_DESCRIPTION_INVALID');
    }
    commands = list;
    return true;
  }
  function setWebhook({ url = '' }: Parameters) {
    if (url && !/^https:\/\//.test(String(url))) throw badRequest('bad webhook: An HTTPS URL must be provided for webhook');
    webhook = String(url);
    if (webhook) poller?.fail(conflict('terminated by setWebhook request'));
    return true;
  }
  function sendChatAction(parameters: Parameters) {
    chatOf(parameters);
    if (!actions.test(String(parameters.action ?? ''))) throw badRequest('wrong parameter action in request');
    return true;
  }
  function sendMessageDraft(parameters: Parameters) {
    if (chatOf(parameters).type !== 'private') throw badRequest('TEXTDRAFT_PEER_INVALID');
    if (!Number(parameters.draft_id)) throw badRequest('TEXTDRAFT_ID_INVALID');
    if (parameters.text) readText(String(parameters.text), parameters.parse_mode);
    return true;
  }

  function keep(content: Omit<Message, 'message_id' | 'date'>): Message {
    const message = { message_id: ++lastMessage, date: Math.floor(Date.now() / 1000), ...content };
    messages.set(message.message_id, message);
    return message;
  }

  /** The methods by their names in lower case: Telegram ignores the case. */
  const methods: Record<string, (parameters: Parameters) => unknown> = {
    getme: () => ({
      ...me,
      can_join_groups: true,
      can_read_all_group_messages: true,
      supports_inline_queries: false,
      can_connect_to_business: false,
      has_main_web_app: false,
    }),
    getupdates: getUpdates,
    sendmessage: sendMessage,
    sendmessagedraft: sendMessageDraft,
    sendchataction: sendChatAction,
    editmessagetext: editMessageText,
    deletemessage: (parameters) => messages.delete(messageOf(parameters, 'delete').message_id),
    setmessagereaction: (parameters) => Boolean(messageOf(parameters, 'react')),
    getchat: chatOf,
    setmycommands: setMyCommands,
    getmycommands: () => commands,
    deletemycommands: () => setMyCommands({ commands: [] }),
    setwebhook: setWebhook,
    deletewebhook: () => setWebhook({}),
    getwebhookinfo: () => ({ url: webhook, has_custom_certificate: false, pending_update_count: updates.length }),
  };

  return {
    /** Calls a method. @throws TelegramError when Telegram refuses the call */
    async call(name: string, parameters: Parameters): Promise<unknown> {
      const method = methods[name.toLowerCase()];
      if (!method) throw new TelegramError(404, 'Not Found: method not found');
      return method(parameters);
    },
    write({ from, text, group }: Written): void {
      const person = { id: from, is_bot: false, first_name: `Person ${from}`, username: `person${from}` };
      const chat: Chat = group
        ? { id: group, type: 'group', title: 'A group' }
        : { id: from, type: 'private', first_name: person.first_name };
      chats.set(chat.id, chat);
      updates.push({ update_id: ++lastUpdate, message: keep({ chat, from: person, text }) });
      poller?.end();
    },
    /** A person blocks the bot. */
    block: (person: number) => void blockedBy.add(person),
    /** Refuses messages with 429 for this long. */
    flood(seconds: number) {
      flood = { until: Date.now() + seconds * 1000 };
    },
  };
}
