import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ensureBaseImages } from './base-images.ts';
import { UNSTABLE } from './debian.ts';
import { startEngine } from './machine.ts';

/** The shortest part of line.test.ts against the engine of Debian's unstable suite, beside this machine's own. */

/** The steps of line.test.ts, from the build to an agent that outlives its services. */
const STEPS = [
  'the images are built, and each is small above its base',
  '`up` brings a healthy installation, and the first account is its administrator',
  'an agent gets a container and answers',
  'a backup can be restored: what was said after it is gone for the agent, what was said before stays',
  '`down` leaves the agents running, and `up` finds them again',
];
let engine: Awaited<ReturnType<typeof startEngine>> | undefined;

beforeAll(async () => {
  const bases = Object.keys(await ensureBaseImages());
  engine = await startEngine(UNSTABLE);
  await engine.load([...bases, 'agentbot/openclaw:2026.3.13']);
});
afterAll(async () => {
  await engine?.stop();
});

test('an installation is built, started, used and started again on an engine of version 28 or later', async () => {
  expect(Number(engine?.version.split('.')[0])).toBeGreaterThanOrEqual(28);
  const jest = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];
  const names = STEPS.map((name) => name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|');
  const args = [...jest, '--config', 'production/jest.config.mjs', '--runInBand', 'line', '--testNamePattern', `^(${names})$`];
  const result = await engine?.attempt(process.execPath, args, {
    cwd: path.join(import.meta.dirname, '..'),
    timeoutMs: 20 * 60_000,
    onOutput: (text) => process.stderr.write(text),
  });
  expect(result?.output).toContain(`production: ${STEPS.length} passed, 0 failed`);
  expect(result?.code).toBe(0);
});
