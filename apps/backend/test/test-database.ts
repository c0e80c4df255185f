import { createDatabase } from '@agentbot/local-stack/postgres';

/** What every test's database is a copy of: migrated once for the whole run. */
export const MIGRATED = 'migrated';

/** A fresh database with all its tables. @returns its address */
export async function createTestDatabase(name: string): Promise<string> {
  const admin = process.env.TEST_POSTGRES_URL as string;
  await createDatabase(admin, name, MIGRATED);
  return admin.replace(/\/postgres$/, `/${name}`);
}
