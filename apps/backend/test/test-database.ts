import { createDatabase } from '@agentbot/local-stack/postgres';

/** The template of every test database, migrated once per run. */
export const TEMPLATE_DATABASE = 'migrated';

/** Creates an empty, migrated database. @returns its URL */
export async function createTestDatabase(name: string): Promise<string> {
  const admin = process.env.TEST_POSTGRES_URL as string;
  await createDatabase(admin, name, TEMPLATE_DATABASE);
  return admin.replace(/\/postgres$/, `/${name}`);
}
