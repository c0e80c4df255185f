/** What a model's endpoint is called below its base URL; whoever calls it appends that. */
const ENDPOINT = /\/(chat\/completions|completions|messages|responses|embeddings)\/*$/i;

/**
 * What is wrong with a model endpoint's base URL, as the end of a sentence that begins with its name; undefined when it is good.
 * It repeats nothing that may be secret.
 */
export function baseUrlProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) return 'must be an http or https address';
  if (url.username || url.password || /^\s*[a-z]+:[/\\]*[^/\\?#]*@/i.test(text)) {
    return 'must not contain a user name or password: give the key as apiKey';
  }
  if (/[?#]/.test(text)) return 'must not have a query or a fragment: leave out what follows ? or #';
  if (text.includes('${')) return 'must not contain ${: OpenClaw would put a variable of its environment there';
  const [, endpoint] = ENDPOINT.exec(url.pathname) ?? [];
  return (
    endpoint && `must stop before /${endpoint.toLowerCase()}, which is appended to it: give an address like https://models.example.com/v1`
  );
}
