import { type BaseUrlFault, baseUrlFault } from '@agentbot/contracts/base-url';
import type { Input } from '@agentbot/contracts/client';
import { t } from '@lingui/core/macro';

type Config = NonNullable<Input<'updateAgentConfig'>['body']['config']>;

export interface Changes {
  config: Config;
  /** Validation errors by field name. */
  problems: Partial<Record<'baseUrl' | 'model' | 'apiKey' | 'ownerIds' | 'allowedDomains', string>>;
}

/** The value of the provider select that stands for the user's own endpoint. */
export const CUSTOM = 'custom';
/** The value that stands for the platform's own model, which repeats what it is told. */
export const DEMO = 'demo';

/** The origin that receives the API key; the text itself while it is not a valid URL. */
export const originOf = (url = '') => (URL.canParse(url) ? new URL(url).origin : url);

/**
 * The hint of the key field. A saved key is never sent to another provider or server.
 * @param needed whether the new provider requires a key
 * @param dropped whether saving drops the current key
 * @param hasOtherKey whether the account, or the operator for the account, has a key for the provider
 */
export function keyHint(needed: boolean, dropped: boolean, hasOtherKey: boolean): string {
  if (needed) return t`The saved key belongs to the previous provider and is never sent to another one.`;
  if (dropped && hasOtherKey) return t`If this field is empty, the agent uses the key under Model keys for this provider.`;
  if (dropped)
    return t`Only if your endpoint needs one. The saved key is not sent to another server: if this field is empty, the agent has no key.`;
  return t`Leave empty to keep the saved key`;
}

/** The sentence for an invalid base URL. */
function urlProblem(fault: BaseUrlFault): string {
  switch (fault.kind) {
    case 'scheme':
      return t`The base URL must be an http or https address`;
    case 'credentials':
      return t`The base URL must not contain a user name or password: give the key as apiKey`;
    case 'query':
      return t`The base URL must not have a query or a fragment: leave out what follows ? or #`;
    case 'variable':
      return t`The base URL must not contain ${{ sign: '${' }}: OpenClaw would put a variable of its environment there`;
    case 'endpoint':
      return t`The base URL must stop before ${{ endpoint: `/${fault.endpoint}` }}, which is appended to it: give an address like https://models.example.com/v1`;
  }
}

/**
 * Reads and validates the configuration form.
 * @param before the saved configuration: an emptied model resets to the provider's default
 * @param needsKey whether the provider changes to one that requires a key
 */
export function readChanges(form: FormData, before: { model?: string | undefined }, needsKey: boolean): Changes {
  const text = (name: string) => String(form.get(name) ?? '').trim();
  const problems: Changes['problems'] = {};
  const baseUrl = text('baseUrl');
  const fault = baseUrl ? baseUrlFault(baseUrl) : undefined;
  if (fault) problems.baseUrl = urlProblem(fault);
  const provider = text('aiProvider');
  const model = text('model') || (before.model && null);
  if (text('model').includes('${'))
    problems.model = t`A model ID must not contain ${{ sign: '${' }}: OpenClaw would replace it with a variable`;
  const apiKey = text('apiKey');
  if (needsKey && !apiKey) problems.apiKey = t`The new provider needs its own key`;
  if (apiKey && !/^[\x21-\x7e]+$/.test(apiKey)) problems.apiKey = t`A key must contain ASCII characters only, without spaces`;
  const list = (name: string) =>
    text(name)
      .split(/[\s,]+/)
      .filter(Boolean);
  const ownerIds = list('ownerIds');
  const invalidId = ownerIds.find((each) => !/^[\w@.:+-]{1,64}$/.test(each));
  if (invalidId) problems.ownerIds = t`“${invalidId}” is not a valid ID`;
  const allowedDomains = list('allowedDomains');
  const invalidDomain = allowedDomains.find((each) => !/^(\*\.)?([\w-]+\.)+[a-z][a-z0-9-]+(:\d+)?$/i.test(each));
  if (invalidDomain) problems.allowedDomains = t`“${invalidDomain}” is not a valid domain: write api.example.com or *.example.com`;
  return {
    problems,
    config: {
      ...(provider !== CUSTOM && provider !== DEMO && { aiProvider: provider as NonNullable<Config['aiProvider']> }),
      ...(baseUrl && { baseUrl }),
      ...(model !== undefined && { model }),
      ...(apiKey && { apiKey }),
      ownerIds,
      allowedDomains,
      ...(text('plan') && { plan: text('plan') as NonNullable<Config['plan']> }),
    },
  };
}
