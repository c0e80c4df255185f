import { execFileSync } from 'node:child_process';
import path from 'node:path';

/**
 * `pnpm openclaw:try [version …]`: builds the image of each OpenClaw release and runs the tests for newer versions on it:
 * its configuration validator, then provisioning, chat, changes, a killed container, reset, downgrade, files and schedule.
 */

const DEFAULT_VERSIONS = ['2026.5.28', '2026.7.35', '2026.8.2', '2026.9.6'];
const TESTS = ['test/openclaw-config.test.ts', 'test/newer-version.test.ts', 'test/workspace.test.ts'];
const backend = path.join(import.meta.dirname, '..');
const builder = path.join(backend, '../../packages/openclaw-image/src/build.ts');
const jest = ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning', 'node_modules/jest/bin/jest.js', ...TESTS];

const requested = process.argv.slice(2);
const versions = requested.length > 0 ? requested : DEFAULT_VERSIONS;
execFileSync(process.execPath, [builder, '2026.3.13', ...versions], { stdio: 'inherit' });
const failed = versions.filter((version) => {
  console.log(`\nOpenClaw ${version}`);
  try {
    execFileSync(process.execPath, jest, { cwd: backend, stdio: 'inherit', env: { ...process.env, OPENCLAW_VERSION: version } });
    return false;
  } catch {
    return true;
  }
});
console.log(failed.length > 0 ? `\nFailed: ${failed.join(', ')}` : `\nAll passed: ${versions.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
