/** The endpoint path of a model API; the caller of the API appends it to the base URL. */
const ENDPOINT = /\/(chat\/completions|completions|messages|responses|embeddings)\/*$/i;

/** What makes a base URL invalid. `endpoint` is the API path at its end, such as `chat/completions`. */
export type BaseUrlFault = { kind: 'scheme' | 'credentials' | 'query' | 'variable' } | { kind: 'endpoint'; endpoint: string };

/** What is wrong with a model endpoint's base URL; undefined for a valid URL. */
export function baseUrlFault(text: string): BaseUrlFault | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:/.test(url.protocol)) return { kind: 'scheme' };
  if (url.username || url.password || /^\s*[a-z]+:[/\\]*[^/\\?#]*@/i.test(text)) return { kind: 'credentials' };
  if (/[?#]/.test(text)) return { kind: 'query' };
  if (text.includes('${')) return { kind: 'variable' };
  const endpoint = ENDPOINT.exec(url.pathname)?.[1];
  return endpoint ? { kind: 'endpoint', endpoint: endpoint.toLowerCase() } : undefined;
}

/**
 * The problem of a model endpoint's base URL, as the end of a sentence that begins with the field's name; undefined for a valid
 * URL. The text contains nothing of the URL that may be secret.
 */
export function baseUrlProblem(text: string): string | undefined {
  const fault = baseUrlFault(text);
  switch (fault?.kind) {
    case 'scheme':
      return 'must be an http or https address';
    case 'credentials':
      return 'must not contain a user name or password: give the key as apiKey';
    case 'query':
      return 'must not have a query or a fragment: leave out what follows ? or #';
    case 'variable':
      return 'must not contain ${: OpenClaw would put a variable of its environment there';
    case 'endpoint':
      return `must stop before /${fault.endpoint}, which is appended to it: give an address like https://models.example.com/v1`;
    default:
      return undefined;
  }
}
