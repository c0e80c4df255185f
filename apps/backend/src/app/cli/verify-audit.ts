import { readConfig } from '../../config/config.ts';
import { verifyAudit } from '../../domain/audit/verify-audit.ts';
import { openDatabase } from '../../infra/database/database.ts';
import { runCommand } from '../../shared/run-command.ts';

// `pnpm audit:verify`: prints a line for each owner; the exit code is 1 when a chain is broken.
await runCommand(async () => {
  const database = await openDatabase(readConfig().DATABASE_URL);
  let chains = 0;
  let broken = 0;
  for await (const { ownerId, entries, hash, problem } of verifyAudit(database)) {
    chains++;
    if (problem) broken++;
    process.stdout.write(`${ownerId}: ${problem ? `BROKEN: ${problem}` : `${entries} entries, ending in ${hash}`}\n`);
  }
  process.stdout.write(broken ? `${broken} of ${chains} chains are broken\n` : `All ${chains} chains are intact\n`);
  await database.close();
  process.exitCode = broken ? 1 : 0;
});
