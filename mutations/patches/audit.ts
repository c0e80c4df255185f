import type { Patch } from '../patch.ts';

const file = 'apps/backend/src/domain/audit/verify-audit.ts';
const entries = 'apps/backend/src/domain/audit/audit-entries.ts';
const list = 'apps/backend/src/domain/audit/list-audit.ts';
const exporter = 'apps/backend/src/domain/audit/export-audit.ts';
const journal = 'apps/backend/src/domain/audit/audit-journal.ts';
const request = 'apps/backend/src/http/audit-request.ts';
const hash = 'apps/backend/src/domain/audit/entry-hash.ts';
const command = 'apps/backend/src/app/cli/verify-audit.ts';
const reports = (name: string) => ({ package: '@agentbot/backend', file: 'test/audit.test.ts', name });

/** Whether the audit log has each request once and whole, and whether a tampered one is found. */
export const audit: Patch[] = [
  {
    id: 'audit-headhash',
    file,
    find: 'return hash === head.hash',
    replace: 'return head',
    harm: 'a rewritten last entry is called intact',
    test: reports('the last entry, rewritten'),
  },
  {
    id: 'audit-last-missing',
    file,
    find: '  if (seq !== head.seq) return broken(`entry ${seq + 1n} is missing`);\n',
    replace: '',
    harm: 'a deleted last entry is not named',
    test: reports('a deleted last entry'),
  },
  {
    id: 'audit-gap',
    file,
    find: '      if (row.seq !== seq + 1n) return broken(`entry ${seq + 1n} is missing`);\n',
    replace: '',
    harm: 'a deleted entry is named wrongly',
    test: reports('a deleted entry in the middle'),
  },
  {
    id: 'audit-link',
    file,
    find: '      if (row.prevHash !== hash) return broken(`entry ${row.seq} does not follow the one before it`);\n',
    replace: '',
    harm: 'a rewritten entry with a fitting hash is called intact',
    test: reports('an entry in the middle, rewritten'),
  },
  {
    id: 'audit-content',
    file,
    find: '      if (row.hash !== entryHash(row)) return broken(`entry ${row.seq} was changed`);\n',
    replace: '',
    harm: 'a changed entry is called intact',
    test: reports('reports a changed outcome'),
  },
  {
    id: 'audit-behind-head',
    file,
    find: 'WHERE l.seq > h.seq GROUP BY 1',
    replace: 'WHERE l.seq > h.seq + 1 GROUP BY 1',
    harm: 'an entry that was added by hand is called intact',
    test: reports('an entry added behind'),
  },
  {
    id: 'audit-headless',
    file,
    find: "  for (const { ownerId } of headless) yield { ownerId, entries: 0, hash: '', problem: 'the head of the chain is missing' };\n",
    replace: '',
    harm: 'a log without its head is not checked at all',
    test: reports('a deleted head'),
  },
  {
    id: 'audit-hash-target',
    file: hash,
    find: '...(target === null ? [] : [target])',
    replace: '...[]',
    harm: 'every entry with a target is called changed',
    test: reports('reports a changed target'),
  },
  {
    id: 'audit-exit',
    file: command,
    find: 'process.exitCode = broken ? 1 : 0;',
    replace: 'process.exitCode = 0;',
    harm: 'a nightly check never fails',
    test: reports('names the broken chain alone'),
  },
  {
    id: 'audit-count',
    file: command,
    find: 'if (problem) broken++;',
    replace: 'broken++;',
    harm: 'whole chains are counted as broken',
    test: reports('names the broken chain alone'),
  },
  {
    id: 'audit-export-agent',
    file: exporter,
    find: 'seq: { gt: after }, ...whereOf(filters)',
    replace: 'seq: { gt: after }',
    harm: 'the exported log of one agent has the entries of all',
    test: reports('the pages and the export'),
  },
  {
    id: 'audit-filter-outcome',
    file: entries,
    find: '  ...(outcome && { outcome }),\n',
    replace: '',
    harm: 'the list of failed requests has all requests',
    test: reports('filters by actor'),
  },
  {
    id: 'audit-csv-escaped',
    file: exporter,
    find: "csvLine(columns.map(([, field]) => entry[field] ?? ''))",
    replace: "`${columns.map(([, field]) => entry[field] ?? '').join(',')}\\r\\n`",
    harm: 'a spreadsheet runs a formula that a stranger sent as its user agent',
    test: reports('the export as CSV'),
  },
  {
    id: 'audit-page-order',
    file: list,
    find: "orderBy: { seq: 'desc' }, take: limit + 1",
    replace: "orderBy: { seq: 'asc' }, take: limit + 1",
    harm: 'the newest entries of a long log are never shown',
    test: reports('the pages and the export'),
  },
  {
    id: 'audit-orphan-twice',
    file: journal,
    find: 'if (count) await insertEntry(tx, { ...intent',
    replace: 'await insertEntry(tx, { ...intent',
    harm: 'the request of a process that died stands twice in the log',
    test: reports('while its own process sends heartbeats'),
  },
  {
    id: 'audit-orphan-never',
    file: journal,
    find: ' AND l.expires_at > app_now())',
    replace: ')',
    harm: 'the request of a process that died is never in the log',
    test: reports('after its process was killed'),
  },
  {
    id: 'audit-orphan-living',
    file: journal,
    find: "l.name = 'process:' || p.process_id AND",
    replace: 'l.name = p.process_id AND',
    harm: 'a request in flight is logged as unknown, and its true outcome is lost',
    test: reports('while its own process sends heartbeats'),
  },
  {
    id: 'audit-owner',
    file: request,
    find: '(agentId && (await agentOwner(database, agentId))) || SERVICE_ACCOUNT',
    replace: 'SERVICE_ACCOUNT',
    harm: 'an owner does not see what the operator’s programs did to the agent',
    test: reports('lists actor, action'),
  },
  {
    id: 'audit-outcome',
    file: request,
    find: "status >= 500 ? 'failed' : status >= 400",
    replace: "status > 500 ? 'failed' : status >= 400",
    harm: 'an internal error is logged as a refusal',
    test: reports('lists actor, action'),
  },
  {
    id: 'audit-whole-chain',
    file,
    find: "  for (const { ownerId } of gone) yield { ownerId, entries: 0, hash: '', problem: 'the whole chain is missing' };\n",
    replace: '',
    harm: 'nobody notices that everything of an account was removed from the log',
    test: reports('reports all entries deleted together with their head'),
  },
  {
    id: 'audit-register',
    file,
    find: "unregistered.has(head.ownerId) ? 'the register of chains does not name it' : undefined",
    replace: 'undefined',
    harm: 'whoever removes the register can then remove chains unnoticed',
    test: reports('reports the register of chains'),
  },
];
