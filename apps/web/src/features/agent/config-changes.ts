import type { Input } from '@agentbot/contracts/client';

type Config = NonNullable<Input<'updateAgentConfig'>['body']['config']>;

export interface Changes {
  config: Config;
  /** What is wrong with a field, by its name. */
  problems: Partial<Record<'baseUrl' | 'apiKey' | 'ownerIds' | 'allowedDomains', string>>;
}

/** In the choice of a provider, an endpoint of one's own. */
export const CUSTOM = 'custom';

/**
 * Reads the configuration's form; what is wrong is said beside its field, before anything is sent.
 * @param before what is saved: a model that is emptied is taken back
 */
export function readChanges(form: FormData, before: { model?: string | undefined }): Changes {
  const text = (name: string) => String(form.get(name) ?? '').trim();
  const problems: Changes['problems'] = {};
  const baseUrl = text('baseUrl');
  if (baseUrl && !/^https?:\/\/./.test(baseUrl)) problems.baseUrl = 'Begin with http:// or https://';
  const provider = text('aiProvider');
  const model = text('model') || (before.model && null);
  const apiKey = text('apiKey');
  if (apiKey && !/^[\x21-\x7e]+$/.test(apiKey)) problems.apiKey = 'A key has no spaces and no special letters';
  const list = (name: string) =>
    text(name)
      .split(/[\s,]+/)
      .filter(Boolean);
  const ownerIds = list('ownerIds');
  const wrong = ownerIds.find((each) => !/^[\w@.:+-]{1,64}$/.test(each));
  if (wrong) problems.ownerIds = `“${wrong}” is no id`;
  const allowedDomains = list('allowedDomains');
  const noDomain = allowedDomains.find((each) => !/^(\*\.)?([\w-]+\.)+[a-z][a-z0-9-]+(:\d+)?$/i.test(each));
  if (noDomain) problems.allowedDomains = `“${noDomain}” is no domain: write api.example.com or *.example.com`;
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
