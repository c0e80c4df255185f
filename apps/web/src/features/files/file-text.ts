const CRLF = '\r\n';

/** The text as a textarea shows it: browsers convert every line break to a line feed. */
export const toEditor = (content: string) => content.replaceAll(CRLF, '\n').replaceAll('\r', '\n');

/** The text of a textarea with the line breaks of the file that it was read from. */
export const fromEditor = (text: string, original: string) => (original.includes(CRLF) ? text.replaceAll('\n', CRLF) : text);

/** The size of a file with this text, in bytes of UTF-8. */
export const byteLength = (text: string) => new TextEncoder().encode(text).byteLength;
