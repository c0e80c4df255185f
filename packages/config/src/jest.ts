import { fileURLToPath } from 'node:url';
import type { Config } from 'jest';

const reporter = fileURLToPath(import.meta.resolve('./closing-line-reporter.mjs'));
const swc = fileURLToPath(import.meta.resolve('@swc/jest'));

/** The Jest settings of every package: native ES modules, TypeScript by swc. `name` starts the closing line of a run. */
export function jestConfig(name: string, overrides: Config = {}): Config {
  return {
    testEnvironment: 'node',
    extensionsToTreatAsEsm: ['.ts', '.tsx'],
    testMatch: ['**/*.test.ts'],
    modulePathIgnorePatterns: ['<rootDir>/.next', '<rootDir>/.stryker'],
    transform: {
      '\\.tsx?$': [swc, { jsc: { parser: { syntax: 'typescript', tsx: true }, target: 'es2024' }, module: { type: 'es6' } }],
    },
    reporters: ['default', [reporter, { name }]],
    ...overrides,
  };
}
