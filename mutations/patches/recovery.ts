import type { Patch } from '../patch.ts';

const source = (file: string) => `apps/backend/src/${file}`;
const backend = (file: string, name: string) => ({ package: '@agentbot/backend', file: `test/${file}.test.ts`, name });
/** Tests that start containers. */
const slow = (file: string, name: string) => ({ ...backend(file, name), slow: true as const });
const lost = source('domain/backups/lost-data.ts');
const backup = source('app/installation-backup.ts');
const restore = source('app/installation-restore.ts');
const certificates = source('http/mount-certificates.ts');

/** What comes back after a loss, and who may have a certificate. */
export const recovery: Patch[] = [
  {
    id: 'lost-volume',
    file: lost,
    find: '|| !(await host.hasData(containerNames(agent.id)))',
    replace: '',
    harm: 'an agent whose volume was pruned starts without its memory',
    test: slow('backups', 'an agent whose volume is gone gets the data'),
  },
  {
    id: 'half-unpacked',
    file: lost,
    find: 'return agent.lostDataBackupId !== null || ',
    replace: 'return ',
    harm: 'half a backup passes for an agent’s data',
    test: slow('backups', 'an agent whose volume is gone'),
  },
  {
    id: 'archive-of-nothing',
    file: source('domain/backups/backup-archive.ts'),
    find: '  await requireData(context, agent);\n',
    replace: '',
    harm: 'archives of an empty volume push real backups out',
    test: slow('backups', 'an agent whose volume is gone'),
  },
  {
    id: 'mark-stays',
    file: source('domain/provisioning/create-container.ts'),
    find: ', lostDataBackupId: null',
    replace: '',
    harm: 'every later start puts the agent back to an old backup',
    test: slow('backups', 'an agent whose volume is gone'),
  },
  {
    id: 'installation-retention',
    file: source('domain/backups/retention.ts'),
    find: '...own.filter((row, index) => row !== rows[0] && (index >= keep',
    replace: '...rows.filter((row, index) => row !== rows[0] && (index >= keep',
    harm: 'backups of the installation push the owner’s own out',
    test: slow('installation-backup', 'the owner’s own backups|holds database and archives'),
  },
  {
    id: 'damaged-backup',
    file: restore,
    find: "if (hash.digest('hex') !== expected)",
    replace: 'if (!expected)',
    harm: 'a damaged backup is restored',
    test: slow('installation-backup', 'holds database and archives|one byte'),
  },
  {
    id: 'missing-key',
    file: restore,
    find: '!envelope.keyIds.includes(id)',
    replace: 'id === ""',
    harm: 'agents come back whose secrets nobody can open',
    test: slow('installation-backup', 'holds database and archives|a key of the backup'),
  },
  {
    id: 'restore-over-accounts',
    file: restore,
    find: 'if (accounts) throw',
    replace: 'if (accounts && !rows.length) throw',
    harm: 'a restore overwrites an installation in use',
    test: slow('installation-backup', 'holds database and archives|has accounts'),
  },
  {
    id: 'later-schema',
    file: restore,
    find: 'if (later.rowCount)',
    replace: 'if (false as boolean)',
    harm: 'old rows stand in a newer schema, unmigrated',
    test: slow('installation-backup', 'holds database and archives|earlier version'),
  },
  {
    id: 'unreadable-replacement',
    file: lost,
    find: 'rows.find(({ openclawVersion }) => canReadStorage(version, openclawVersion)) ?? null',
    replace: 'rows[0] ?? null',
    harm: 'an agent gets data that its version cannot read',
    test: slow('backups', 'an agent whose volume is gone'),
  },
  {
    id: 'archive-not-missed',
    file: backup,
    find: '      missing.push(name);\n',
    replace: '',
    harm: 'a backup names archives that it does not have',
    test: slow('installation-backup', 'holds database and archives|the owner’s own backups|gone from the store'),
  },
  {
    id: 'schedule-ends',
    file: source('app/cli/installation-backup.ts'),
    find: 'await backUpNow().catch((error: Error) => process.stderr.write(`The backup failed: ${error.message}\\n`));',
    replace: 'await backUpNow();',
    harm: 'after one failed backup there is never another',
    test: slow('installation-backup', 'the schedule goes on'),
  },
  {
    id: 'open-backup-file',
    file: backup,
    find: 'createWriteStream(file, { mode: 0o600, flush: true })',
    replace: 'createWriteStream(file, { flush: true })',
    harm: 'every user of the host reads the messages in a backup',
    test: slow('installation-backup', 'holds database and archives'),
  },
  {
    id: 'certificate-for-anybody',
    file: certificates,
    find: 'if (!exists) throw',
    replace: "if (domain === '') throw",
    harm: 'strangers order certificates until the authority’s limit is reached',
    test: backend('certificates', 'another host name may not'),
  },
  {
    id: 'certificate-oracle',
    file: certificates,
    find: "&& headers['x-forwarded-for'] === undefined",
    replace: '',
    harm: 'everybody may ask which agents exist',
    test: backend('certificates', 'a request that a proxy passes on'),
  },
  {
    id: 'certificate-from-outside',
    file: certificates,
    find: 'return isLoopback && ',
    replace: 'return ',
    harm: 'another machine may ask which agents exist',
    test: backend('certificates', 'another machine'),
  },
  {
    id: 'name-without-certificate',
    file: source('domain/agents/addresses.ts'),
    find: "host.replace(OWN_ID, 'agent-')",
    replace: 'host',
    harm: 'no agent has a certificate',
    test: { package: '@agentbot/backend', file: 'src/domain/agents/addresses.test.ts', name: 'agentUrl has no underscore' },
  },
];
