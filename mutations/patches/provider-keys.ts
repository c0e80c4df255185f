import type { Patch } from '../patch.ts';

const source = (name: string) => `apps/backend/src/domain/provider-keys/${name}.ts`;
const keys = (name: string) => ({ package: '@agentbot/backend', file: 'test/provider-keys.test.ts', name });

/** The keys of model providers that accounts have. */
export const providerKeys: Patch[] = [
  {
    id: 'account-key-first',
    file: 'apps/backend/src/domain/usage/model-access.ts',
    find: 'const own = ownKey(provider);',
    replace: 'const own = accountKeys.has(provider) ? undefined : ownKey(provider);',
    harm: 'an agent’s own key is not used, and another bill grows',
    test: keys('uses its own key before that of the account'),
  },
  {
    id: 'account-key-own-endpoint',
    file: 'apps/backend/src/domain/usage/model-access.ts',
    find: 'const stored = accountKeys.get(provider);',
    replace: 'const stored = accountKeys.get(provider) ?? [...accountKeys.values()][0];',
    harm: 'a server of anybody’s choice gets the account’s key',
    test: keys('sends no key of its account to an endpoint of its own'),
  },
  {
    id: 'own-key-former-provider',
    file: 'apps/backend/src/domain/usage/model-access.ts',
    find: 'if (provider === ownProvider) return isOwnKey ? secrets.apiKey : undefined;',
    replace: 'if (provider === ownProvider) return secrets.apiKey;',
    harm: 'a container of the former provider sends it the new provider’s key',
    test: keys('and never its own for another one'),
  },
  {
    id: 'account-key-foreign',
    file: source('stored-keys'),
    find: 'const contextOf = (ownerId: string, provider: string) => `provider_keys|${ownerId}|${provider}`;',
    replace: 'const contextOf = (_ownerId: string, provider: string) => `provider_keys|${provider}`;',
    harm: 'a key whose row was moved to another account pays for that account',
    test: keys('a sealed key opens for its own account and provider alone'),
  },
  {
    id: 'account-key-shown',
    file: source('stored-keys'),
    find: '`…${key.slice(-4)}`',
    replace: '`…${key.slice(3)}`',
    harm: 'the list of keys shows the keys',
    test: keys('and stores what it accepts'),
  },
  {
    id: 'account-key-short',
    file: source('stored-keys'),
    find: "key.length < 16 ? '…'",
    replace: "key.length < 4 ? '…'",
    harm: 'the list shows half of a short key',
    test: keys('shows nothing of a short key'),
  },
  {
    id: 'account-key-refused-saved',
    file: source('accepted-by'),
    find: "if (typeof probe === 'object') {",
    replace: 'if (probe === undefined) {',
    harm: 'a mistyped key replaces one that works',
    test: keys('keeps the former one'),
  },
  {
    id: 'account-key-late-refusal',
    file: source('refusals'),
    find: 'where: { id, updatedAt: savedAt, ...isDue }',
    replace: 'where: { id, ...isDue }',
    harm: 'a new key is shown as refused, because a call with the former one ended late',
    test: keys('does not count for the key that has replaced it'),
  },
  {
    id: 'account-key-refusal-rate',
    file: source('refusals'),
    find: 'const isDue = { OR: [{ refusedAt: null }, { refusedAt: { lte: msAgo(clock, INTERVAL_MS) } }] };',
    replace: 'const isDue = {};',
    harm: 'each refused call writes to the database',
    test: keys('at most once a minute'),
  },
  {
    id: 'account-key-refusal-kept',
    file: 'apps/backend/src/domain/usage/watch-key.ts',
    find: ': clearRefusal(context, stored);',
    replace: ': Promise.resolve();',
    harm: 'a key that works again is shown as refused for ever',
    test: keys('until a call succeeds'),
  },
  {
    id: 'key-refusal-moderation',
    file: 'apps/backend/src/infra/openclaw/key-refusal.ts',
    find: "return provider !== 'openrouter';",
    replace: 'return true;',
    harm: 'one moderated text marks the account’s key as refused',
    test: keys('not from OpenRouter’s 403'),
  },
  {
    id: 'account-key-rotation',
    file: 'apps/backend/src/app/rotate-keys.ts',
    find: "SELECT COALESCE(owner_id, '') AS first, provider",
    replace: 'SELECT owner_id AS first, provider',
    harm: 'the keys of the installation are lost with the old envelope key',
    test: { package: '@agentbot/backend', file: 'test/rotate-keys.test.ts' },
  },
];
