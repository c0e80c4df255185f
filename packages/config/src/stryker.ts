import { fileURLToPath } from 'node:url';

/**
 * The Stryker settings of a package: `mutate` lists its pure modules, `testMatch` the tests that must notice a fault in them,
 * `ignore` patterns of tests that cannot run in Stryker's copy of the package.
 * @see https://stryker-mutator.io/docs/stryker-js/configuration/
 */
export function strykerConfig({ mutate, testMatch, ignore = [] }: { mutate: string[]; testMatch: string[]; ignore?: string[] }) {
  return {
    mutate,
    testRunner: 'jest',
    plugins: [fileURLToPath(import.meta.resolve('@stryker-mutator/jest-runner'))],
    jest: {
      configFile: 'jest.config.mjs',
      enableFindRelatedTests: true,
      config: {
        testMatch,
        testPathIgnorePatterns: ['/node_modules/', ...ignore],
        testEnvironment: fileURLToPath(import.meta.resolve('@stryker-mutator/jest-runner/jest-env/node')),
        reporters: [],
        // A fault that makes a test hang is noticed without a wait for `timeoutMS` and a new worker.
        testTimeout: 10_000,
        // Unit tests need no database.
        globalSetup: null,
        globalTeardown: null,
      },
    },
    testRunnerNodeArgs: ['--experimental-vm-modules', '--no-warnings=ExperimentalWarning'],
    coverageAnalysis: 'perTest',
    // Stryker would rewrite tsconfig.json with TypeScript's JavaScript API, which TypeScript 7 does not have.
    tsconfigFile: 'none.json',
    concurrency: 2,
    reporters: ['clear-text', 'json'],
    clearTextReporter: { allowColor: false, logTests: false },
    jsonReporter: { fileName: '.stryker/report.json' },
    // A loaded machine must not count as a noticed fault.
    timeoutMS: 60_000,
    tempDirName: '.stryker/tmp',
    cleanTempDir: 'always',
    thresholds: { high: 95, low: 90, break: 85 },
  };
}
