import type { Patch } from '../patch.ts';

const source = (name: string) => `apps/backend/src/${name}.ts`;
const beside = (name: string) => ({ package: '@agentbot/backend', file: `src/${name}.test.ts` });
const usage = 'infra/docker/engine-usage';
const between = 'domain/telemetry/stats/usage-between';
const line = 'domain/telemetry/logs/log-line';
const models = 'infra/openclaw/legacy-models';
const cursor = 'shared/page-cursor';

/** Figures, levels and names that people read. */
export const figures: Patch[] = [
  {
    id: 'page-cache',
    file: source(usage),
    find: 'memory.usage - Math.min(cache, memory.usage)',
    replace: 'memory.usage',
    harm: 'memory is far too high for an agent that reads files',
    test: beside(usage),
  },
  {
    id: 'received-sent',
    file: source(usage),
    find: 'received: sum(Object.values(networks).map(({ rx_bytes }) => rx_bytes))',
    replace: 'received: sum(Object.values(networks).map(({ tx_bytes }) => tx_bytes))',
    harm: 'traffic is shown the wrong way round',
    test: beside(usage),
  },
  {
    id: 'read-written',
    file: source(usage),
    find: "read: blockBytes('read')",
    replace: "read: blockBytes('write')",
    harm: 'block traffic is wrong',
    test: beside(usage),
  },
  { id: 'cpu-count', file: source(usage), find: 'cpu.online_cpus ||', replace: '', harm: 'CPU use is wrong', test: beside(usage) },
  {
    id: 'cpu-share',
    file: source(between),
    find: ' * after.onlineCpus',
    replace: '',
    harm: 'CPU use is a fraction of the truth',
    test: beside(between),
  },
  {
    id: 'between-sent',
    file: source(between),
    find: 'sent: increase(before.sent, after.sent)',
    replace: 'sent: increase(before.received, after.received)',
    harm: 'traffic is wrong',
    test: beside(between),
  },
  {
    id: 'counter-reset',
    file: source(between),
    find: 'after >= before ? after - before : after',
    replace: 'after - before',
    harm: 'traffic is negative after a restart',
    test: beside(between),
  },
  {
    id: 'stderr-level',
    file: source(line),
    find: "stream === 'stderr' ? 'warn' : 'info'",
    replace: "'info'",
    harm: 'the filter for warnings hides crashes',
    test: beside(line),
  },
  {
    id: 'json-level',
    file: source(line),
    find: 'logLevels.find((name) => name === level) ?? ',
    replace: '',
    harm: 'errors are shown as information',
    test: beside(line),
  },
  {
    id: 'cut-before-redact',
    file: source(line),
    find: 'const clean = redact(text, secrets);',
    replace: 'const clean = redact(text.slice(0, MAX_LINE_CHARACTERS), secrets);',
    harm: 'the beginning of a key stands in a log',
    test: beside(line),
  },
  {
    id: 'retired-successor',
    file: source(models),
    find: "'claude-3-opus-20240229': 'claude-opus-4-6'",
    replace: "'claude-3-opus-20240229': 'claude-3-sonnet-20240229'",
    harm: 'a restart moves an agent to a dead model',
    test: beside(models),
  },
  {
    id: 'successor-class',
    file: source(models),
    find: "'gemini-1.5-pro': 'gemini-2.5-pro'",
    replace: "'gemini-1.5-pro': 'gemini-2.5-flash'",
    harm: 'an agent gets a weaker model',
    test: beside(models),
  },
  {
    id: 'cursor-tie',
    file: source(cursor),
    find: '{ createdAt, id: { lt: id } }',
    replace: '{ createdAt, id: { gt: id } }',
    harm: 'a page repeats or skips rows',
    test: beside(cursor),
  },
  {
    id: 'cursor-order',
    file: source(cursor),
    find: '{ createdAt: { lt: createdAt } }',
    replace: '{ createdAt: { lte: createdAt } }',
    harm: 'a page repeats its last row',
    test: beside(cursor),
  },
  {
    id: 'usage-sum',
    file: source('domain/telemetry/stats/usage-writer'),
    find: 'received: a.received + b.received',
    replace: 'received: b.received',
    harm: 'the curve of the traffic shows a part of it',
    test: { package: '@agentbot/backend', file: 'test/schedules.test.ts', name: 'is summed over the samples' },
  },
  {
    id: 'usage-samples',
    file: source('domain/telemetry/stats/usage-writer'),
    find: 'samples: a.samples + b.samples',
    replace: 'samples: b.samples',
    harm: 'the mean CPU figure is many times too high',
    test: { package: '@agentbot/backend', file: 'test/schedules.test.ts', name: 'is summed over the samples' },
  },
  {
    id: 'admin-search',
    file: source('infra/database/contains'),
    find: String.raw`search.replace(/[\\%_]/g, '\\$&')`,
    replace: 'search',
    harm: 'a search for an address with an underscore finds others',
    test: { package: '@agentbot/backend', file: 'test/overview.test.ts', name: '/api/admin pages' },
  },
  {
    id: 'admin-service-account',
    file: source('domain/overview/list-users-and-agents'),
    find: '        id: { not: SERVICE_ACCOUNT },\n',
    replace: '',
    harm: 'the platform’s own account is listed as a user',
    test: { package: '@agentbot/backend', file: 'test/overview.test.ts', name: '/api/admin pages' },
  },
];
