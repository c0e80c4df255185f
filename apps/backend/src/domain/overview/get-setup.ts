import type { InstallationHealth } from '@agentbot/contracts';
import type { Context } from '../context.ts';

/** Whether an address leads to the reader's own machine. */
const isLocal = (host: string) => /(^|\.)localhost$|^127\.|^\[?::1\]?$/.test(host);

/** What is set up besides the engine and the database: keys, mail, addresses, backups. It asks the database alone. */
export async function getSetup({
  database,
  config,
  backups,
}: Pick<Context, 'database' | 'config' | 'backups'>): Promise<InstallationHealth['setup']> {
  const [sharedKeys, accountKeys] = await database.as('service', async (tx) => [
    await tx.providerKey.count({ where: { ownerId: null } }),
    await tx.providerKey.count({ where: { ownerId: { not: null } } }),
  ]);
  const { SMTP_URL, AGENTS_DOMAIN, DASHBOARD_URL, BACKUP_S3_BUCKET } = config;
  return {
    sharedKeys: sharedKeys ?? 0,
    accountKeys: accountKeys ?? 0,
    mail: Boolean(SMTP_URL),
    agentsDomain: AGENTS_DOMAIN,
    dashboardUrl: DASHBOARD_URL,
    local: isLocal(AGENTS_DOMAIN) || isLocal(new URL(DASHBOARD_URL).hostname),
    backups: { kind: BACKUP_S3_BUCKET ? 'bucket' : 'folder', address: backups.address('') },
  };
}
