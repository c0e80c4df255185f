import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Route, routes } from '@agentbot/contracts';

/** Compares the contract's web side with the route files: none missing, none extra, one statement per operation. */
const api = path.join(import.meta.dirname, '../src/app/api');
const wanted = new Set<string>();
for (const [id, route] of Object.entries<Route>(routes)) {
  if (!route.web || route.web.proxied === false) continue;
  const folder = route.web.path.replace(/^\/api\//, '').replace(/:([A-Za-z]+)/g, '[$1]');
  wanted.add(`${folder}/route.ts ${route.method} ${id}`);
}

const problems: string[] = [];
const found = new Set<string>();
for (const entry of readdirSync(api, { recursive: true, encoding: 'utf8' })) {
  if (!/\.\w+$/.test(entry) || entry === 'auth/[...nextauth]/route.ts') continue;
  if (path.basename(entry) !== 'route.ts') problems.push(`not a route file: ${entry}`);
  const lines = readFileSync(path.join(api, entry), 'utf8').split('\n').filter(Boolean);
  for (const line of lines) {
    if (/^import \{ proxyRoute \} from '(\.\.\/)+server\/proxy-route\.ts';$/.test(line)) continue;
    const [, method, id] = /^export const (GET|POST|PUT|PATCH|DELETE) = proxyRoute\('(\w+)'\);$/.exec(line) ?? [];
    if (method) found.add(`${entry} ${method} ${id}`);
    else problems.push(`more than one statement per operation: ${entry}: ${line}`);
  }
}
for (const each of wanted) if (!found.has(each)) problems.push(`missing: ${each}`);
for (const each of found) if (!wanted.has(each)) problems.push(`extra: ${each}`);

if (problems.length) {
  process.stderr.write(`The web's route files do not match the contract:\n${problems.map((each) => `  ${each}\n`).join('')}`);
  process.exit(1);
}
process.stdout.write(`${found.size} web routes match the contract\n`);
