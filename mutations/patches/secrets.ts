import type { Patch } from '../patch.ts';

const source = (name: string) => `apps/backend/src/${name}.ts`;
const beside = (name: string) => ({ package: '@agentbot/backend', file: `src/${name}.test.ts` });
const backend = (file: string, name?: string) => ({ package: '@agentbot/backend', file: `test/${file}.test.ts`, ...(name && { name }) });
const log = { file: source('infra/logging/create-logger'), test: beside('infra/logging/create-logger') };
const stream = { file: source('infra/crypto/sealed-stream'), test: beside('infra/crypto/sealed-stream') };
const envelope = { file: source('infra/crypto/envelope'), test: beside('infra/crypto/envelope') };
const agentSecrets = { file: source('infra/crypto/agent-secrets'), test: beside('infra/crypto/agent-secrets') };
const redact = { file: source('shared/redact'), test: beside('shared/redact') };
const rotation = { file: source('app/rotate-keys'), test: backend('rotate-keys') };

/** Keys, tokens and passwords: in the database, in logs, in answers and on their way to others. */
export const secrets: Patch[] = [
  {
    id: 'log-bearer',
    ...log,
    find: '  [/\\bBearer [\\w.~+/=-]{8,}/gi, `Bearer ${CENSOR}`],\n',
    replace: '',
    harm: 'the log holds credentials of requests',
  },
  {
    id: 'log-keys',
    ...log,
    find: '(?:sk[-_]|rk_|whsec_)',
    replace: '(?:sk[-_])',
    harm: 'the log holds Stripe’s keys',
  },
  {
    id: 'log-jwt',
    ...log,
    find: '  [/\\beyJ[\\w-]{10,}\\.[\\w-]+\\.[\\w-]*/g, CENSOR],\n',
    replace: '',
    harm: 'the log holds sessions',
  },
  {
    id: 'log-telegram',
    ...log,
    find: '/(?<!\\d)\\d{6,12}:[\\w-]{30,}/g',
    replace: '/\\b\\d{6,12}:[\\w-]{30,}/g',
    harm: 'the log holds the tokens of bots, which stand in Telegram’s addresses',
  },
  {
    id: 'log-url-password',
    ...log,
    find: '  [/(\\b[a-z][a-z+]*:\\/\\/[^\\s/:@"]*:)[^\\s@"/]+@/gi, `$1${CENSOR}@`],\n',
    replace: '',
    harm: 'the log holds the password of a database',
  },
  {
    id: 'log-query',
    ...log,
    find: '[?&](?:token|key|api_?key|access_token',
    replace: '[?](?:token|key|api_?key|access_token',
    harm: 'the log holds a key that is not the first parameter',
  },
  {
    id: 'log-field-depth',
    ...log,
    find: 'return value.map((each) => redact(each, path));',
    replace: 'return value;',
    harm: 'the log holds secrets in lists',
  },
  {
    id: 'log-field-name',
    ...log,
    find: '|sealed|env|',
    replace: '|sealed|',
    harm: 'the log holds the environment of a container',
  },
  {
    id: 'log-own-secrets',
    ...log,
    find: '    config.METRICS_TOKEN,\n',
    replace: '',
    harm: 'the log holds a secret of the installation',
  },
  {
    id: 'log-database-password',
    ...log,
    find: '    passwordIn(config.DATABASE_URL),\n',
    replace: '',
    harm: 'the log holds the password of the database',
  },
  {
    id: 'log-node-key',
    ...log,
    find: '      keyIn(url),\n',
    replace: '',
    harm: 'the log holds the key of a chain’s node',
  },

  {
    id: 'redact-once',
    ...redact,
    find: 'redacted.replaceAll(secret,',
    replace: 'redacted.replace(secret,',
    harm: 'the second time a key stands in a line, it is readable',
  },
  {
    id: 'redact-colours',
    ...redact,
    find: "text.replace(colourCodes, '')",
    replace: 'text',
    harm: 'a coloured key is readable',
  },
  {
    id: 'redact-short',
    ...agentSecrets,
    find: '.length >= 6)',
    replace: '.length >= 16)',
    harm: 'short tokens are readable in logs',
  },
  {
    id: 'secret-in-config',
    ...agentSecrets,
    find: 'const { apiKey, telegramToken, discordBotToken, whatsappToken, ...open } = config;',
    replace: 'const { apiKey, telegramToken, discordBotToken, ...open } = config;\n  const { whatsappToken } = config;',
    harm: 'a token is stored in clear and returned with the configuration',
  },
  {
    id: 'secret-context',
    ...agentSecrets,
    find: '`agent_secrets|${agentId}|${name}`',
    replace: '`agent_secrets|${agentId}`',
    harm: 'one secret of an agent opens in the place of another, and a rotation of keys loses all',
    test: rotation.test,
  },
  {
    id: 'channel-error',
    file: source('domain/channels/channels'),
    find: 'redact(account.lastError, secrets)',
    replace: 'account.lastError',
    harm: 'the dashboard shows a bot’s token in an error',
    test: backend('gateway', 'GET channels redacts'),
  },
  {
    id: 'channel-old-error',
    file: source('domain/channels/channels'),
    find: "account.lastError && state === 'error' ?",
    replace: 'account.lastError ?',
    harm: 'a channel that works shows an old error',
    test: backend('gateway', 'GET channels redacts'),
  },
  {
    id: 'channel-state',
    file: source('domain/channels/channels'),
    find: "  if (lastError) return 'error';\n",
    replace: '',
    harm: 'a channel that does not work is shown as connected',
    test: backend('gateway', 'GET channels redacts'),
  },

  {
    id: 'stream-tag',
    ...stream,
    find: '  decipher.setAuthTag(rest);\n  yield decipher.final();\n',
    replace: '',
    harm: 'a changed backup is restored',
  },
  {
    id: 'stream-short',
    ...stream,
    find: "  if (!decipher || rest.length < TAG_BYTES) throw new Error('The sealed stream is too short');\n",
    replace: '  if (!decipher) return;\n',
    harm: 'an empty backup is restored',
  },
  {
    id: 'stream-iv',
    ...stream,
    find: 'const iv = randomBytes(IV_BYTES);',
    replace: 'const iv = Buffer.alloc(IV_BYTES);',
    harm: 'equal backups look equal',
  },
  {
    id: 'envelope-tag',
    ...envelope,
    find: 'Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()])',
    replace: 'decipher.update(sealed.subarray(12, -16))',
    harm: 'a value that is copied to another row opens there',
  },
  {
    id: 'envelope-first-key',
    ...envelope,
    find: 'const [current] = byId.keys();',
    replace: 'const current = [...byId.keys()].at(-1);',
    harm: 'new secrets are sealed with the key that is to be thrown away',
  },

  {
    id: 'rotation-batch',
    ...rotation,
    find: 'if (!last || rows.length < BATCH) break;',
    replace: 'if (!last || rows.length <= BATCH) break;',
    harm: 'the old key is thrown away while secrets need it',
  },
  {
    id: 'rotation-backups',
    ...rotation,
    find: 'WHERE sealed_key IS NOT NULL AND id > ${first}',
    replace: 'WHERE sealed_key IS NULL AND id > ${first}',
    harm: 'no backup opens after the old key is thrown away',
  },
  {
    id: 'rotation-answers',
    ...rotation,
    find: 'WHERE sealed_body IS NOT NULL AND (owner_id',
    replace: 'WHERE sealed_body IS NULL AND (owner_id',
    harm: 'repeated requests fail after a rotation',
  },
  {
    id: 'rotation-race',
    ...rotation,
    find: ' AND name = ${second} AND sealed = ${before}`',
    replace: ' AND name = ${second}`',
    harm: 'a rotation restores the key that a user has just replaced',
  },
  {
    id: 'rotation-unopened',
    ...rotation,
    find: 'else rotation.unopened.push(`${column.name} of ${row.first}, ${row.second}`);',
    replace: 'else rotation.current++;',
    harm: 'the operator is told that all is well with secrets that no key opens',
  },

  {
    id: 'key-recipient',
    file: source('domain/agents/model-key'),
    find: 'new URL(baseUrl).origin : agent.aiProvider',
    replace: 'agent.aiProvider : agent.aiProvider',
    harm: 'a key goes to another server than it was entered for',
    test: backend('model-change', 'deletes the key of the former endpoint'),
  },
  {
    id: 'key-kept',
    file: source('domain/agents/model-key'),
    find: "  await deleteAgentSecret(tx, agent, 'apiKey');\n",
    replace: '',
    harm: 'a key goes to another provider than it was entered for',
    test: backend('model-change', 'deletes the key of the former'),
  },
  {
    id: 'key-stale-row',
    file: source('domain/agents/model-key'),
    find: 'keyRecipient(current) !== keyRecipient(agent)) delete',
    replace: 'keyRecipient(current) === keyRecipient(agent) && !agent.id) delete',
    harm: 'a key goes to the former provider while the provider changes',
    test: backend('model-change', 'returns no key for a stale agent row'),
  },
  {
    id: 'config-address',
    file: source('domain/agents/agent-view'),
    find: 'baseUrl: withoutCredentials(config.baseUrl)',
    replace: 'baseUrl: config.baseUrl',
    harm: 'the configuration shows a key in an address',
    test: backend('model-change', 'that was stored with secrets is returned without them'),
  },
  {
    id: 'backup-mode',
    file: source('domain/backups/backup-archive'),
    find: 'mode: 0o600',
    replace: 'mode: 0o644',
    harm: 'every user of the host reads agents’ data',
    test: { ...backend('backups', 'of a running agent is a file'), slow: true },
  },
  {
    id: 'backup-checksum',
    file: source('domain/backups/backup-archive'),
    find: "if (hash.digest('hex') !== backup.sha256)",
    replace: "if (!hash.digest('hex'))",
    harm: 'a damaged backup replaces an agent’s data',
    test: { ...backend('backups', 'with a wrong checksum'), slow: true },
  },
];
