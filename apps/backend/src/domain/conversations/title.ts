import { hasVisibleCharacter } from '@agentbot/contracts';
import type { ChatSession } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';

const MAX_CHARACTERS = 60;

const characters = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * The title of a conversation that begins with this message: its first line with visible text, cut after a word to at most
 * 60 characters.
 * @returns undefined when the message has no visible character
 */
export function titleOf(message: string): string | undefined {
  const lines = message.split(/[\r\n\u2028\u2029]/).map((line) =>
    line
      .replace(/\p{Cc}/gu, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  );
  const line = lines.find(hasVisibleCharacter);
  if (!line) return undefined;
  const parts = [...characters.segment(line)].map(({ segment }) => segment);
  if (parts.length <= MAX_CHARACTERS) return line;
  const cut = parts.slice(0, MAX_CHARACTERS);
  const end = parts[MAX_CHARACTERS] === ' ' ? MAX_CHARACTERS : cut.lastIndexOf(' ');
  return cut.slice(0, end > 0 ? end : MAX_CHARACTERS).join('');
}

/** Gives a conversation without a title that of its first message. */
export async function setTitle(tx: Transaction, { id, title }: Pick<ChatSession, 'id' | 'title'>, firstMessage: string): Promise<void> {
  const wanted = title === null && titleOf(firstMessage);
  if (wanted) await tx.chatSession.updateMany({ where: { id, title: null }, data: { title: wanted } });
}
