import type { Patch } from '../patch.ts';

/** A module of the dashboard with its test beside it. */
const module = (name: string) => ({ file: `apps/web/src/${name}.ts`, test: { package: '@agentbot/web', file: `src/${name}.test.ts` } });
const e2e = (file: string, name: string) => ({ package: '@agentbot/e2e', file: `${file}.test.ts`, name, slow: true as const });
const policy = module('server/content-security-policy');
const origin = module('server/same-origin');
const address = module('server/client-address');
const callback = module('server/callback-url');
const body = module('server/read-body');
const seen = module('server/last-seen-stats');
const assertion = module('server/assertion');
const planOptions = module('server/plan-options');
const format = module('lib/format');
const price = module('lib/plans');
const errors = module('lib/api/errors');
const log = module('features/logs/log-line');
const changes = module('features/configuration/config-changes');
const text = module('components/agent/operation-text');
const provision = module('features/agents/provision-body');
const proxyRoute = 'apps/web/src/server/proxy-route.ts';

/** The dashboard's server, and what the dashboard shows. */
export const web: Patch[] = [
  {
    id: 'callback-cookie',
    file: callback.file,
    find: 'if (invalid.length > 0) cookies.delete(invalid);',
    replace: '',
    harm: 'a damaged cookie locks its browser out of every page',
    test: { ...callback.test, name: 'removes the callback cookie foo' },
  },
  {
    id: 'policy-script',
    ...policy,
    find: "'strict-dynamic'${isDevelopment",
    replace: "'unsafe-inline'${isDevelopment",
    harm: 'a script in a message runs as the user',
  },
  {
    id: 'policy-frame',
    ...policy,
    find: `    "frame-ancestors 'none'",\n`,
    replace: '',
    harm: 'another site frames the dashboard and steers clicks',
  },
  {
    id: 'policy-connect',
    ...policy,
    find: `"connect-src 'self'"`,
    replace: `"connect-src *"`,
    harm: 'a script sends what it reads to another site',
  },
  {
    id: 'policy-form',
    ...policy,
    find: `    "form-action 'self'",\n`,
    replace: '',
    harm: 'a form sends a password to another site',
  },
  {
    id: 'policy-base',
    ...policy,
    find: `    "base-uri 'none'",\n`,
    replace: '',
    harm: 'an injected address leads scripts to another site',
  },
  {
    id: 'origin-subdomain',
    ...origin,
    find: "site !== 'same-origin' && site !== 'none'",
    replace: "site !== 'same-origin' && site !== 'same-site' && site !== 'none'",
    harm: 'an agent’s page acts as its owner',
  },
  {
    id: 'origin-header',
    ...origin,
    find: 'if (!origin) return true;',
    replace: 'if (!origin || site === null) return true;',
    harm: 'in an old browser another site acts as the user',
  },
  {
    id: 'origin-null',
    ...origin,
    find: 'if (!URL.canParse(origin)) return false;',
    replace: 'if (!URL.canParse(origin)) return true;',
    harm: 'a sandboxed frame acts as the user',
  },
  {
    id: 'origin-public',
    ...origin,
    find: 'if (NEXTAUTH_URL) return',
    replace: 'if (false) return',
    harm: 'a page under a name that an attacker points at this server acts for its visitor',
  },
  {
    id: 'address-forged',
    ...address,
    find: 'seen.length - 1 - trustedProxies',
    replace: 'seen.length - 2 - trustedProxies',
    harm: 'a client writes its own address, and guesses passwords without a limit',
  },
  {
    id: 'address-text',
    ...address,
    find: 'isIP(address) ? address : peer',
    replace: 'address',
    harm: 'the audit log holds any text as an address',
  },
  {
    id: 'body-chunked',
    ...body,
    find: "    if (size > maxBytes) return 'too large';\n",
    replace: '',
    harm: 'a body without a length takes the memory of the server',
  },
  {
    id: 'body-edge',
    ...body,
    find: "Number(request.headers.get('content-length')) > maxBytes",
    replace: "Number(request.headers.get('content-length')) > maxBytes / 2",
    harm: 'a body that is allowed is refused',
  },
  {
    id: 'request-id',
    file: 'apps/web/src/server/request-id.ts',
    find: 'pattern.test(given) ? given',
    replace: 'given ? given',
    harm: 'a client writes lines into the log',
    test: body.test,
  },
  {
    id: 'stats-of-another-user',
    ...seen,
    find: '`${userId} ${agentId}`',
    replace: '`${userId.slice(0, 0)} ${agentId}`',
    harm: 'during an outage a user reads the figures of another user’s agent',
  },
  {
    id: 'stats-oldest',
    ...seen,
    find: 'if (seen.size > MAX_ENTRIES && oldest)',
    replace: 'if (seen.size > MAX_ENTRIES * MAX_ENTRIES && oldest)',
    harm: 'the memory of the server grows without a limit',
  },
  {
    id: 'stats-made-up',
    ...seen,
    find: 'messagesProcessed: last?.stats.messagesProcessed ?? null',
    replace: 'messagesProcessed: last?.stats.messagesProcessed ?? 0',
    harm: 'during an outage the dashboard shows figures that nobody measured',
  },

  {
    id: 'bytes-unit',
    ...format,
    find: 'bytes / 1024 ** power',
    replace: 'bytes / 1000 ** power',
    harm: 'the dashboard shows sizes in the wrong unit',
  },
  {
    id: 'bytes-name',
    ...format,
    find: "['B', 'KiB', 'MiB', 'GiB', 'TiB']",
    replace: "['B', 'KB', 'MB', 'GB', 'TB']",
    harm: 'the dashboard shows sizes in the wrong unit',
  },
  {
    id: 'duration-seconds',
    ...format,
    find: 'const seconds = Math.round(tenths / 10);',
    replace: 'const seconds = Math.floor(tenths / 10) - 1;',
    harm: 'the dashboard shows the wrong duration of a stage',
  },
  {
    id: 'duration-sixty',
    ...format,
    find: 'if (tenths < 600)',
    replace: 'if (tenths <= 600)',
    harm: 'a stage of a minute took 60.0 seconds',
  },
  {
    id: 'relative-hours',
    ...format,
    find: "['hour', 3_600]",
    replace: "['hour', 36_000]",
    harm: 'three hours ago is shown as 180 minutes',
  },
  {
    id: 'relative-sign',
    ...format,
    find: 'new Date(time).getTime() - now)',
    replace: 'now - new Date(time).getTime())',
    harm: 'a message of the past is shown in the future',
  },
  {
    id: 'price-interval',
    ...price,
    find: 'intervalCount === 1 ? interval :',
    replace: 'intervalCount ? interval :',
    harm: 'a price for three months is shown as one for a month',
  },
  {
    id: 'price-digits',
    ...price,
    find: 'maximumFractionDigits: 3',
    replace: 'maximumFractionDigits: 0',
    harm: '$19.50 is shown as $20',
  },
  {
    id: 'error-internals',
    ...errors,
    find: "(error instanceof Error && error.name === 'Error')",
    replace: 'error instanceof Error',
    harm: 'the dashboard shows sentences of the browser',
  },
  {
    id: 'error-advice',
    ...errors,
    find: 'if (error.status === 502) return',
    replace: 'if (error.status === 503) return',
    harm: 'during an outage the user is not told that the agents run',
  },
  {
    id: 'error-running',
    ...errors,
    find: "error.body.code === 'OPERATION_STILL_RUNNING'",
    replace: "error.body.code !== 'OPERATION_FAILED'",
    harm: 'a refused action is shown as one that goes on',
  },
  {
    id: 'log-level-shown',
    ...log,
    find: 'levels.find((known) => known === level)',
    replace: "levels.find((known) => known === level) && 'info'",
    harm: 'errors of an agent are shown as information',
  },
  {
    id: 'log-gap',
    ...log,
    find: 'return gap ? [gapLine(at), line] : [line];',
    replace: 'return [line];',
    harm: 'nobody sees that lines of a log are missing',
  },
  {
    id: 'log-download',
    ...log,
    find: 'JSON.stringify({ time: timestamp, level,',
    replace: 'JSON.stringify({ level,',
    harm: 'a downloaded log has no times',
  },
  {
    id: 'model-emptied',
    ...changes,
    find: "text('model') || (before.model && null)",
    replace: "text('model') || undefined",
    harm: 'an emptied model is not reset, and the page says that it is saved',
  },
  {
    id: 'domain-address',
    ...changes,
    find: '(:\\d+)?$/i.test(each)',
    replace: '(:\\d+)?/i.test(each)',
    harm: 'an address with a path is taken for a domain, and nothing is reached',
  },
  {
    id: 'key-form',
    ...changes,
    find: '/^[\\x21-\\x7e]+$/.test(apiKey)',
    replace: '/[\\x21-\\x7e]+/.test(apiKey)',
    harm: 'a key that was pasted with a space is saved and never works',
  },
  {
    id: 'key-needed',
    ...changes,
    find: 'if (needsKey && !apiKey)',
    replace: 'if (needsKey && apiKey)',
    harm: 'a provider without a key is saved',
  },
  {
    id: 'key-hint',
    ...changes,
    find: 'if (dropped)\n',
    replace: 'if (dropped && needed)\n',
    harm: 'the user is not told that saving drops the key',
  },
  {
    id: 'advice-rolled-back',
    ...text,
    find: "name === 'rollback' && state === 'done'",
    replace: "name === 'rollback'",
    harm: 'the user is told that the data was restored when it was not',
  },
  {
    id: 'advice-stage',
    ...text,
    find: "steps.findLast(({ state }) => state === 'failed')",
    replace: "steps.findLast(({ state }) => state === 'done')",
    harm: 'the user is told of another stage than the one that failed',
  },
  {
    id: 'token-field',
    ...provision,
    find: "telegramToken: text('telegramToken')",
    replace: "telegramToken: text('discordBotToken')",
    harm: 'one channel gets the token of another',
  },
  {
    id: 'endpoint-hidden',
    ...provision,
    find: "...(model === 'custom' && {",
    replace: '...(model && {',
    harm: 'an address that is no longer visible is sent',
  },

  {
    id: 'foreign-site',
    file: proxyRoute,
    find: "&& !isSameOrigin(request)) return failure(route, 'FORBIDDEN');",
    replace: "&& !request.url) return failure(route, 'FORBIDDEN');",
    harm: 'another site acts as the user',
    test: e2e('web-conformance', 'refuses requests from other sites'),
  },
  {
    id: 'download-name',
    file: proxyRoute,
    find: "  'content-disposition',\n",
    replace: '',
    harm: 'a backup is shown as text instead of saved as a file',
    test: e2e('web-streams', 'a backup is downloaded as a file'),
  },
  {
    id: 'stopped-stop',
    file: 'apps/web/src/components/agent/lifecycle-buttons.tsx',
    find: "when: ['running'] }",
    replace: "when: ['running', 'stopped'] }",
    harm: 'a stopped agent has a button to stop it',
    test: e2e('main-line', 'an agent can be stopped and started'),
  },
  {
    id: 'assertion-60-seconds',
    ...assertion,
    find: "'60s'",
    replace: "'60m'",
    harm: 'an assertion that leaks is valid for an hour, or the backend refuses every one',
  },
  {
    id: 'assertion-id',
    ...assertion,
    find: 'setJti(randomUUID())',
    replace: "setJti('assertion')",
    harm: 'the second change of every user is refused',
  },
  {
    id: 'assertion-of-session',
    ...assertion,
    find: 'user ? { sid: user.session } : {}',
    replace: '{}',
    harm: 'nobody is signed in after signing in',
  },
  {
    id: 'tier-sizes',
    ...planOptions,
    find: 'sizeOf(planForTier(tier || undefined, null))',
    replace: "sizeOf(planForTier(tier || 'starter', null))",
    harm: 'the form promises another size than the agent gets',
  },
  {
    id: 'plan-offers-order',
    ...planOptions,
    find: 'plans[a].rank - plans[b].rank',
    replace: 'plans[b].rank - plans[a].rank',
    harm: 'the page of the plans begins with the most expensive one',
  },
  {
    id: 'drafts-after-sign-out',
    file: 'apps/web/src/lib/storage.ts',
    find: '  if (forgotten) return false;\n',
    replace: '',
    harm: 'the next user of a browser reads unsent messages',
    test: { package: '@agentbot/web', file: 'src/lib/storage.test.ts' },
  },
];
