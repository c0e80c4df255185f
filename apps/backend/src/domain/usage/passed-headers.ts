/** The request headers that pass to a provider. */
const PASSED_REQUEST_HEADER =
  /^(accept|anthropic-(beta|version|dangerous-.*)|content-type|http-referer|openai-(beta|organization|project)|user-agent|x-title|x-stainless-.*|x-goog-api-client)$/;
/** The response headers that pass from a provider. */
const PASSED_RESPONSE_HEADER =
  /^(content-type|cache-control|retry-after(-ms)?|(x-)?request-id|x-should-retry|openai-.*|x-ratelimit-.*|anthropic-(ratelimit|organization).*|server-timing)$/;
/** Headers that choose or name the account at the provider. With the installation's key that account is the operator's. */
const ACCOUNT_HEADER = /^(openai-(organization|project)|anthropic-organization.*)$/;

type Headers = Record<string, string | string[] | undefined>;
type PassedHeaders = Record<string, string | string[]>;

const passed = (headers: Headers, pattern: RegExp, isShared: boolean): PassedHeaders =>
  Object.fromEntries(
    Object.entries(headers).filter(
      (entry): entry is [string, string | string[]] =>
        entry[1] !== undefined && pattern.test(entry[0]) && !(isShared && ACCOUNT_HEADER.test(entry[0])),
    ),
  );

/** The headers of a request that pass to a provider. @param isShared whether the key is the installation's */
export const passedRequestHeaders = (headers: Headers, isShared: boolean): PassedHeaders =>
  passed(headers, PASSED_REQUEST_HEADER, isShared);

/** The headers of a response that pass to the agent. @param isShared whether the key is the installation's */
export const passedResponseHeaders = (headers: Headers, isShared: boolean): Record<string, string> =>
  Object.fromEntries(Object.entries(passed(headers, PASSED_RESPONSE_HEADER, isShared)).map(([name, value]) => [name, String(value)]));
