/** The endpoint path of a model API; the caller of the API appends it to the base URL. */
const ENDPOINT = /\/(chat\/completions|completions|messages|responses|embeddings)\/*$/i;

/**
 * The problem of a model endpoint's base URL, as the end of a sentence that begins with the field's name; undefined for a valid
 * URL. The text contains nothing of the URL that may be secret.
 */
export function baseUrlProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:/.test(url.protocol)) return 'must be an http or https address';
  if (url.username || url.password || /^\s*[a-z]+:[/\\]*[^/\\?#]*@/i.test(text)) {
    return 'must not contain a user name or password: give the key as apiKey';
  }
  if (/[?#]/.test(text)) return 'must not have a query or a fragment: leave out what follows ? or #';
  if (text.includes('${')) return 'must not contain ${: OpenClaw would put a variable of its environment there';
  const endpoint = ENDPOINT.exec(url.pathname)?.[1];
  return (
    endpoint && `must stop before /${endpoint.toLowerCase()}, which is appended to it: give an address like https://models.example.com/v1`
  );
}
