import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { configurationPage } from './configuration.ts';
import { root } from './ledger.ts';

// Writes docs/operate/configuration.md; with --check it only tells whether the page is current.
const page = path.join(root, 'docs/operate/configuration.md');
const current = configurationPage();
if (!process.argv.includes('--check')) writeFileSync(page, current);
else if (readFileSync(page, 'utf8') !== current) {
  console.error('docs/operate/configuration.md is not what the settings say: run pnpm configuration:docs');
  process.exitCode = 1;
} else console.log('docs/operate/configuration.md is current');
