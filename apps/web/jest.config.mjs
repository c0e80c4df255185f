import { createRequire } from 'node:module';
import { jestConfig } from '@agentbot/config/jest';
import { textsPlugin } from './lingui-plugin.ts';

const { transform } = jestConfig('web');
const [[files, [swc, options]]] = Object.entries(transform);
const plugin = [createRequire(import.meta.url).resolve('@lingui/swc-plugin'), textsPlugin];

// The pure modules. The rest of the dashboard is tested in a browser: e2e/.
export default jestConfig('web', {
  transform: { [files]: [swc, { ...options, jsc: { ...options.jsc, experimental: { plugins: [plugin] } } }] },
  setupFiles: ['<rootDir>/test/english.ts'],
});
