import { t } from '@lingui/core/macro';

/** The maximum size of a text file that is added to a message, in bytes: the limit of a message in characters of four bytes. */
const MAX_BYTES = 128_000;

/** The name as it stands above the text: on one line, and without signs that Markdown would read as code. */
export const shownName = (name: string) => name.replace(/[`\p{Cc}\p{Cf}]+/gu, '').trim() || t`file`;

/**
 * A file's text as part of a message: its name, then a code block, whose fence is longer than each run of backticks in the text.
 * The extension names the language of the block.
 */
export function quoteFile(name: string, content: string): string {
  const longest = Math.max(2, ...(content.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = '`'.repeat(longest + 1);
  const [, extension = ''] = /\.([\w+-]{1,12})$/.exec(name) ?? [];
  return `${shownName(name)}:\n${fence}${extension.toLowerCase()}\n${content.replace(/\r\n?/g, '\n').replace(/\n$/, '')}\n${fence}`;
}

/**
 * Reads a text file that the user attaches.
 * @returns the file as part of a message, or why it cannot be one
 */
export async function readAttachedFile(file: File): Promise<{ text: string } | { problem: string }> {
  if (file.size > MAX_BYTES) return { problem: t`${{ name: shownName(file.name) }} is too large for a message` };
  try {
    const content = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
    if (content.trim() === '') return { problem: t`${{ name: shownName(file.name) }} is empty` };
    if (!content.includes('\0')) return { text: quoteFile(file.name, content) };
  } catch {
    // Not UTF-8, or the browser may no longer read the file.
  }
  return { problem: t`${{ name: shownName(file.name) }} is neither a text file nor a PNG, JPEG, WebP or GIF image` };
}
