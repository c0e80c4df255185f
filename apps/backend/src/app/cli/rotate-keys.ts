import { readConfig } from '../../config/config.ts';
import { createEnvelope } from '../../infra/crypto/envelope.ts';
import { openDatabase } from '../../infra/database/database.ts';
import { runCommand } from '../../shared/run-command.ts';
import { rotateKeys } from '../rotate-keys.ts';

// `pnpm rotate-keys`: put the new key first in ENCRYPTION_KEYS, restart the backends, run this command, then remove the old key.
await runCommand(async () => {
  const config = readConfig();
  const envelope = createEnvelope(config.ENCRYPTION_KEYS);
  const database = await openDatabase(config.DATABASE_URL);
  const { rewrapped, current, unopened } = await rotateKeys({ database, envelope });
  await database.close();
  const [first, ...others] = envelope.keyIds;
  process.stdout.write(`${rewrapped} secrets were rewrapped under ${first}, ${current} were already under it\n`);
  for (const row of unopened) process.stderr.write(`No configured key opens ${row}\n`);
  if (unopened.length) process.exitCode = 1;
  else if (others.length)
    process.stdout.write(`No secret is under ${others.join(', ')} any more: remove it from ENCRYPTION_KEYS and restart the backends\n`);
});
