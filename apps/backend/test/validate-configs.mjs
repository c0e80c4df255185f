// Runs where `openclaw` can be imported: reads configurations as a JSON list, and writes a list of what OpenClaw refuses in each.
import { mkdtempSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';

const folder = mkdtempSync(join(tmpdir(), 'openclaw-config-'));
const file = join(folder, 'openclaw.json');
Object.assign(process.env, { OPENCLAW_CONFIG_PATH: file, OPENCLAW_STATE_DIR: folder, OPENCLAW_DISABLE_CONFIG_CACHE: '1' });

/** What each version offers of that which its `config validate` is made of. */
async function validator() {
  const newer = await import('openclaw/plugin-sdk/config-mutation').catch(() => null);
  if (newer)
    return async () => (await newer.readConfigFileSnapshotForWrite()).snapshot.issues.map(({ path, message }) => `${path}: ${message}`);
  const { loadConfig } = await import('openclaw');
  return async () => {
    try {
      loadConfig();
      return [];
    } catch (error) {
      return [error.message];
    }
  };
}

// Before OpenClaw is loaded, which has plans of its own for standard input.
const configs = await json(process.stdin);
const validate = await validator();
const refused = [];
for (const config of configs) {
  writeFileSync(file, JSON.stringify(config));
  refused.push(await validate());
}
rmSync(folder, { recursive: true, force: true });
writeSync(1, `\n${JSON.stringify(refused)}\n`);
process.exit(0);
