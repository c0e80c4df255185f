import type { Patch } from '../patch.ts';

const source = (file: string) => `packages/openclaw-image/src/${file}.ts`;
const unit = (file: string, name?: string) => ({ package: '@agentbot/openclaw-image', file: `src/${file}.test.ts`, ...(name && { name }) });
const check = (name: string) => ({ package: '@agentbot/openclaw-image', file: 'test/check-image.test.ts', name, slow: true }) as const;

/** What is known of OpenClaw's versions, and how their images are built. */
export const images: Patch[] = [
  {
    id: 'version-oldest-row',
    file: source('versions'),
    find: 'knownVersions.findLast(',
    replace: 'knownVersions.find(',
    harm: 'every version is configured and built like the oldest',
    test: unit('versions', 'nearestKnown maps'),
  },
  {
    id: 'version-inherits-reason',
    file: source('versions'),
    find: 'knownBad: null, notes: [], ...change',
    replace: '...change',
    harm: 'one bad version speaks against all newer ones',
    test: unit('versions', 'a reason against a version'),
  },
  {
    id: 'version-days-over-months',
    file: source('versions'),
    find: '+ Number(month) * 1e3',
    replace: '+ Number(month) * 1e1',
    harm: 'a version of a late day counts as one of a later month',
    test: unit('versions', 'nearestKnown maps'),
  },
  {
    id: 'check-any-plugin',
    file: source('check-image'),
    find: "plugin?.status === 'loaded'",
    replace: 'plugin',
    harm: 'an image whose channel cannot be loaded is offered',
    test: check('a channel is not loaded'),
  },
  {
    id: 'check-leaves-container',
    file: source('check-image'),
    find: "    await run('docker', ['rm', '--force', '--volumes', container]).catch(() => {});\n",
    replace: '',
    harm: 'each failed check leaves a container and a volume',
    test: check('the exit code and the last log lines'),
  },
];
