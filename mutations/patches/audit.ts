import type { Patch } from '../patch.ts';

const file = 'apps/backend/src/domain/audit/verify-audit.ts';
const hash = 'apps/backend/src/domain/audit/entry-hash.ts';
const command = 'apps/backend/src/app/cli/verify-audit.ts';
const reports = (name: string) => ({ package: '@agentbot/backend', file: 'test/audit.test.ts', name });

/** Whether a tampered audit log is found. */
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
];
