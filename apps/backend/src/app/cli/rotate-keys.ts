import { readConfig } from '../../config/config.ts';
import { createEnvelope } from '../../infra/crypto/envelope.ts';
import { openDatabase } from '../../infra/database/database.ts';
import { runCommand } from '../../shared/run-command.ts';
import { rotateKeys } from '../rotate-keys.ts';

// `pnpm rotate-keys`: put the new key first in ENCRYPTION_KEYS, restart the backends, run this, then take the old key away.
await runCommand(async () => {
  const config = readConfig();
  const envelope = createEnvelope(config.ENCRYPTION_KEYS);
  const database = await openDatabase(config.DATABASE_URL);
  const { rewrapped, current, unopened } = await rotateKeys({ database, envelope });
  await database.close();
  const [first, ...others] = envelope.keyIds;
  process.stdout.write(`${rewrapped} secrets were wrapped anew under ${first}, ${current} were under it already\n`);
  for (const row of unopened) process.stderr.write(`No configured key opens ${row}\n`);
  if (unopened.length) process.exitCode = 1;
  else if (others.length)
    process.stdout.write(`Nothing needs ${others.join(', ')} any more: take it out of ENCRYPTION_KEYS and restart the backends\n`);
});
