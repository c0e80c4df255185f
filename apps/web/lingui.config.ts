import { defineConfig } from '@lingui/conf';
import { formatter } from '@lingui/format-po';
import { languages } from './src/lib/language/languages.ts';

export default defineConfig({
  sourceLocale: 'en',
  locales: [...languages],
  catalogs: [{ path: '<rootDir>/languages/{locale}', include: ['src'], exclude: ['**/*.test.ts'] }],
  format: formatter({ lineNumbers: false }),
  orderBy: 'origin',
});
