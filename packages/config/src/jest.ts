import { fileURLToPath } from 'node:url';
import type { Config } from 'jest';

const reporter = fileURLToPath(import.meta.resolve('./closing-line-reporter.mjs'));
const swc = fileURLToPath(import.meta.resolve('@swc/jest'));

/** The Jest settings of every package: native ES modules, TypeScript by swc. `name` heads the closing line. */
export function jestConfig(name: string, more: Config = {}): Config {
  return {
    testEnvironment: 'node',
    extensionsToTreatAsEsm: ['.ts', '.tsx'],
    testMatch: ['**/*.test.ts'],
    modulePathIgnorePatterns: ['<rootDir>/.next'],
    transform: {
      '\\.tsx?$': [swc, { jsc: { parser: { syntax: 'typescript', tsx: true }, target: 'es2024' }, module: { type: 'es6' } }],
    },
    reporters: ['default', [reporter, { name }]],
    ...more,
  };
}
