import type { Patch } from '../patch.ts';

const backend = '@agentbot/backend';
const source = (path: string) => `apps/backend/src/${path}`;
const check = source('domain/channels/check-token.ts');
const egress = source('edge/egress-proxy/egress-proxy.ts');
const domains = source('domain/containers/allowed-domains.ts');
const store = source('infra/backup-store/backup-store.ts');
const streams = source('domain/streaming/live-streams.ts');
const checkTest = { package: backend, file: 'test/overview.test.ts', name: 'channels/check' };
const slackTokensTest = { package: backend, file: 'test/overview.test.ts', name: 'Slack’s two tokens' };
const egressTest = { package: backend, file: 'test/egress-proxy.test.ts' };
const domainsTest = { package: backend, file: 'src/domain/containers/allowed-domains.test.ts' };
const storeTest = { package: backend, file: 'src/infra/backup-store/backup-store.test.ts' };
const engine = source('infra/docker/engine-client.ts');
const engineTest = { package: backend, file: 'test/engine-faults.test.ts', name: 'a call of an engine' };
const streamsTest = { package: backend, file: 'test/live-streams.test.ts' };

/** What the product says to Telegram, Discord, Slack, S3, Mux and an engine that fails, and which hosts an agent reaches. */
export const channels: Patch[] = [
  {
    id: 'telegram-malformed',
    file: check,
    find: '[401, 404]',
    replace: '[401]',
    harm: 'a mistyped token is called an outage of Telegram',
    test: checkTest,
  },
  {
    id: 'discord-blocked',
    file: check,
    find: "isUnknown('Discord', [401])",
    replace: "isUnknown('Discord', [401, 403])",
    harm: 'Discord blocks the backend, and the user is told that the token is wrong',
    test: checkTest,
  },
  {
    id: 'slack-revoked',
    file: check,
    find: "'token_revoked', ",
    replace: '',
    harm: 'a revoked token is called an outage of Slack',
    test: checkTest,
  },
  {
    id: 'slack-scope',
    file: check,
    find: "if (data.error === 'missing_scope')",
    replace: "if (data.error === 'no_scope')",
    harm: 'nobody learns that the app-level token lacks its scope',
    test: checkTest,
  },
  {
    id: 'slack-method',
    file: check,
    find: '${config.SLACK_API_BASE}/apps.connections.open',
    replace: '${config.SLACK_API_BASE}/auth.test',
    harm: 'no app-level token passes the check',
    test: checkTest,
  },
  {
    id: 'slack-bot-kind',
    file: 'packages/contracts/src/agents.ts',
    find: '.regex(/^xoxb-/, {',
    replace: '.regex(/^xox/, {',
    harm: 'the token of a user is stored as that of a bot',
    test: checkTest,
  },
  {
    id: 'slack-half',
    file: 'packages/contracts/src/agents.ts',
    find: '(slackBotToken === undefined) === (slackAppToken === undefined)',
    replace: 'slackBotToken !== undefined || slackAppToken === undefined',
    harm: 'an agent is created with half of Slack and never connects',
    test: slackTokensTest,
  },
  {
    id: 'slack-half-credential',
    file: 'packages/contracts/src/interaction.ts',
    find: 'Boolean(value) !== Boolean(appToken)',
    replace: '!value && appToken',
    harm: 'a new bot token stands beside the app-level token of another app',
    test: slackTokensTest,
  },
  {
    id: 'slack-left-behind',
    file: source('domain/interaction/credentials.ts'),
    find: "...(key === 'slack' && { slackAppToken: appToken })",
    replace: "...(value && key === 'slack' && { slackAppToken: appToken })",
    harm: 'a token of a channel that was disconnected stays stored',
    test: slackTokensTest,
  },
  {
    id: 'slack-fatal',
    file: source('domain/channels/refuse-fatal-token.ts'),
    find: "if (error.code === 'INVALID_REQUEST') throw",
    replace: "if (error.code === 'UNAUTHORIZED') throw",
    harm: 'a revoked token for Slack ends the gateway, again and again',
    test: { package: backend, file: 'test/slack.test.ts', name: 'would end the gateway', slow: true },
  },
  {
    id: 'slack-announced',
    file: source('infra/openclaw/message-envelope.ts'),
    find: "message.replace(events, '')",
    replace: 'message',
    harm: 'each message from Slack is shown twice',
    test: { package: backend, file: 'src/infra/openclaw/message-envelope.test.ts' },
  },
  {
    id: 'slack-hosts',
    file: domains,
    find: "'slack.com', '*.slack.com',",
    replace: "'slack.com',",
    harm: 'an agent that is held to a list of domains never gets a message from Slack',
    test: domainsTest,
  },
  {
    id: 'discord-user-agent',
    file: check,
    find: ", 'user-agent': `DiscordBot (${config.DASHBOARD_URL}, 1.0)`",
    replace: '',
    harm: 'Discord blocks every check of a token',
    test: checkTest,
  },
  {
    id: 'discord-scheme',
    file: check,
    find: '`Bot ${token}`',
    replace: '`Bearer ${token}`',
    harm: 'every token for Discord is called wrong',
    test: checkTest,
  },
  {
    id: 'telegram-account',
    file: check,
    find: '`@${telegramUser',
    replace: '`${telegramUser',
    harm: 'the account has no @ as in Telegram',
    test: checkTest,
  },
  {
    id: 'egress-case',
    file: egress,
    find: "host.toLowerCase().replace(/\\.$/, '')",
    replace: "host.replace(/\\.$/, '')",
    harm: 'a listed host in capitals is refused',
    test: egressTest,
  },
  {
    id: 'egress-dot',
    file: egress,
    find: "host.toLowerCase().replace(/\\.$/, '')",
    replace: 'host.toLowerCase()',
    harm: 'a listed host with a trailing dot is refused',
    test: egressTest,
  },
  {
    id: 'egress-tls-name',
    file: egress,
    find: 'normalize(name), 443',
    replace: 'name, 443',
    harm: 'a server name in capitals is refused',
    test: egressTest,
  },
  {
    id: 'egress-http-name',
    file: egress,
    find: 'normalize(hostname), 80',
    replace: 'hostname, 80',
    harm: 'a Host header with a trailing dot is refused',
    test: egressTest,
  },
  {
    id: 'domain-suffix',
    file: domains,
    find: 'host.endsWith(name.slice(1))',
    replace: 'host.endsWith(name.slice(2))',
    harm: '*.example.org opens evilexample.org',
    test: domainsTest,
  },
  {
    id: 'domain-port',
    file: domains,
    find: 'requestedPort === Number(port)',
    replace: 'requestedPort > 0',
    harm: 'a listed domain opens all ports',
    test: domainsTest,
  },
  {
    id: 's3-secret',
    file: store,
    find: 'credentials: { accessKeyId, secretAccessKey }',
    replace: 'credentials: { accessKeyId, secretAccessKey: accessKeyId }',
    harm: 'no backup reaches the bucket',
    test: storeTest,
  },
  {
    id: 's3-interrupted',
    file: store,
    find: 'void upload.abort()',
    replace: 'undefined',
    harm: 'a cancelled backup is stored all the same',
    test: storeTest,
  },
  {
    id: 's3-draft',
    file: store,
    find: '      await rm(draft, { force: true });\n',
    replace: '',
    harm: 'a copy of each backup stays on the disk until it is full',
    test: storeTest,
  },
  {
    id: 's3-remove',
    file: store,
    find: '      await client.send(new DeleteObjectCommand(object(name)));\n',
    replace: '',
    harm: 'data of deleted agents stays in the bucket',
    test: storeTest,
  },
  {
    id: 'mux-policy',
    file: streams,
    find: "      playback_policies: ['public'],\n      latency_mode",
    replace: "      playback_policies: ['signed'],\n      latency_mode",
    harm: 'nobody can watch a stream',
    test: streamsTest,
  },
  {
    id: 'mux-label',
    file: streams,
    find: 'stream.passthrough === passthroughOf(config, agentId)',
    replace: 'stream.passthrough',
    harm: 'the streams of other agents are removed',
    test: streamsTest,
  },
  {
    id: 'engine-cut',
    file: engine,
    find: "request.emit('error', Object.assign(new Error('The response of the engine has no end'), { code: 'ECONNRESET' }));",
    replace: '',
    harm: 'a request waits for ever when the engine ends in the middle of an answer',
    test: engineTest,
  },
];
