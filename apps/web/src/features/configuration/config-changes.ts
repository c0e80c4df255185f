import { baseUrlProblem } from '@agentbot/contracts/base-url';
import type { Input } from '@agentbot/contracts/client';

type Config = NonNullable<Input<'updateAgentConfig'>['body']['config']>;

export interface Changes {
  config: Config;
  /** What is wrong with a field, by its name. */
  problems: Partial<Record<'baseUrl' | 'model' | 'apiKey' | 'ownerIds' | 'allowedDomains', string>>;
}

/** In the choice of a provider, an endpoint of one's own. */
export const CUSTOM = 'custom';

/** Whom a key is sent to: the server of a base URL, or what is typed of it. */
export const serverOf = (url = '') => (URL.canParse(url) ? new URL(url).origin : url);

/** What is said beside the key: it is for one provider, or one server, and goes to no other. */
export function keyHint(needed: boolean, leftBehind: boolean): string {
  if (needed) return 'The saved key belongs to the previous provider and is never sent to another one.';
  if (leftBehind)
    return 'Only if your endpoint needs one. The saved key is not sent to another server: if this field is empty, the agent has no key.';
  return 'Leave empty to keep the saved key';
}

/**
 * Reads the configuration's form; what is wrong is said beside its field, before anything is sent.
 * @param before what is saved: a model that is emptied is taken back
 * @param needsKey whether the provider changes to one that is not called without a key
 */
export function readChanges(form: FormData, before: { model?: string | undefined }, needsKey: boolean): Changes {
  const text = (name: string) => String(form.get(name) ?? '').trim();
  const problems: Changes['problems'] = {};
  const baseUrl = text('baseUrl');
  const wrongUrl = baseUrl && baseUrlProblem(baseUrl);
  if (wrongUrl) problems.baseUrl = `The base URL ${wrongUrl}`;
  const provider = text('aiProvider');
  const model = text('model') || (before.model && null);
  if (text('model').includes('${')) problems.model = 'A model ID must not contain ${: OpenClaw would replace it with a variable';
  const apiKey = text('apiKey');
  if (needsKey && !apiKey) problems.apiKey = 'The new provider needs its own key';
  if (apiKey && !/^[\x21-\x7e]+$/.test(apiKey)) problems.apiKey = 'A key must contain ASCII characters only, without spaces';
  const list = (name: string) =>
    text(name)
      .split(/[\s,]+/)
      .filter(Boolean);
  const ownerIds = list('ownerIds');
  const wrong = ownerIds.find((each) => !/^[\w@.:+-]{1,64}$/.test(each));
  if (wrong) problems.ownerIds = `“${wrong}” is not a valid ID`;
  const allowedDomains = list('allowedDomains');
  const noDomain = allowedDomains.find((each) => !/^(\*\.)?([\w-]+\.)+[a-z][a-z0-9-]+(:\d+)?$/i.test(each));
  if (noDomain) problems.allowedDomains = `“${noDomain}” is not a valid domain: write api.example.com or *.example.com`;
  return {
    problems,
    config: {
      ...(provider !== CUSTOM && { aiProvider: provider as NonNullable<Config['aiProvider']> }),
      ...(baseUrl && { baseUrl }),
      ...(model !== undefined && { model }),
      ...(apiKey && { apiKey }),
      ownerIds,
      allowedDomains,
      plan: text('plan') as NonNullable<Config['plan']>,
    },
  };
}
