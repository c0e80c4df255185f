import type { Patch } from '../patch.ts';

const source = (path: string) => `apps/backend/src/${path}.ts`;
const precondition = {
  file: source('http/precondition'),
  test: { package: '@agentbot/backend', file: 'src/http/precondition.test.ts' },
};
const withGateway = (name: string) => ({ package: '@agentbot/backend', file: 'test/workspace.test.ts', name, slow: true as const });
const content = source('domain/workspace/file-content');
const update = source('domain/workspace/update-file');
const versions = source('domain/workspace/file-versions');
const cron = source('domain/workspace/list-cron-jobs');

/** The files and the schedule of an agent. */
export const workspace: Patch[] = [
  {
    id: 'if-match-weak',
    ...precondition,
    find: '!weak && value === current',
    replace: 'value === current',
    harm: 'a weak ETag lets a write replace other bytes than the ones that were read',
  },
  {
    id: 'if-none-match-star',
    ...precondition,
    find: "unwanted === '*' || ",
    replace: '',
    harm: 'a write that may only create a file replaces one',
  },
  {
    id: 'file-binary',
    file: content,
    find: 'size === info.sizeBytes && ',
    replace: '',
    harm: 'bytes that are not UTF-8 are replaced by U+FFFD at the next save',
    test: withGateway('is 422 to read and to replace'),
  },
  {
    id: 'file-too-large',
    file: content,
    find: "if ((listed.size ?? 0) > MAX_FILE_BYTES) throw new AppError('FILE_NOT_EDITABLE');",
    replace: '',
    harm: 'a large file is read whole, and one above 16 MiB closes the connection to the gateway',
    test: withGateway('is 422 to read and to replace'),
  },
  {
    id: 'file-stale',
    file: update,
    find: "if (!isExpected(current?.sha256 ?? null)) throw new AppError('FILE_CHANGED');",
    replace: '',
    harm: 'a save overwrites what somebody else saved meanwhile',
    test: withGateway('If-Match lets only the current ETag write'),
  },
  {
    id: 'file-turns',
    file: update,
    find: 'return withLock(context, `file:${id}:${name}`, async () => {',
    replace: 'return withLock(context, `file:${Math.random()}`, async () => {',
    harm: 'two saves at once both succeed, and one is lost',
    test: withGateway('of ten writes at once'),
  },
  {
    id: 'file-version-lost',
    file: update,
    find: 'if (current) await keepVersion(context, agent, current);',
    replace: '',
    harm: 'a replaced text cannot be restored',
    test: withGateway('keeps the last 20 replaced versions'),
  },
  {
    id: 'file-version-of-another',
    file: versions,
    find: '{ where: { id, agentId, name } }',
    replace: '{ where: { id, agentId } }',
    harm: 'a version is shown as one of another file',
    test: withGateway('keeps the last 20 replaced versions'),
  },
  {
    id: 'file-version-pile',
    file: versions,
    find: '    if (newest?.sha256 === sha256) return;\n',
    replace: '',
    harm: 'a save that fails again and again pushes every real version out of the history',
    test: withGateway('a write that OpenClaw cannot do'),
  },
  {
    id: 'cron-off',
    file: cron,
    find: 'enabled ? isoTime(state.nextRunAtMs) : null',
    replace: 'isoTime(state.nextRunAtMs ?? 0)',
    harm: 'an entry that is off seems to run',
    test: withGateway('lists each kind of entry'),
  },
  {
    id: 'file-line-breaks',
    file: 'apps/web/src/features/files/file-text.ts',
    find: "text.replaceAll('\\n', CRLF)",
    replace: 'text',
    harm: 'the editor changes every line of a file that has the line breaks of Windows',
    test: { package: '@agentbot/web', file: 'src/features/files/file-text.test.ts' },
  },
  {
    id: 'cron-zone',
    file: 'apps/web/src/features/schedule/schedule-text.ts',
    find: "schedule.timeZone ?? 'UTC'",
    replace: "'UTC'",
    harm: 'a task seems to run hours away from its time',
    test: { package: '@agentbot/web', file: 'src/features/schedule/schedule-text.test.ts' },
  },
];
