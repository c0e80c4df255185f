import pg from 'pg';

/** What a migration gives to the application's role, or takes from it: a statement that begins its line. */
const rights = /^(?:GRANT|REVOKE)\s[^;]*?\s(?:TO|FROM)\s+agentbot_app\s*;/gm;
const UNDEFINED_TABLE = '42P01';

/** The statements of a migration that say what the application's role may do. */
export const rightsIn = (sql: string): string[] => sql.match(rights) ?? [];

/**
 * Makes the application's role where it is missing. It belongs to the whole server, not to the database: a dump that is
 * restored on another server brings the tables and the history of migrations, but neither the role nor its rights.
 * @param client is connected as the owner
 */
export async function ensureApplicationRole(client: pg.Client): Promise<void> {
  await client.query(`DO $$
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'agentbot_app') THEN
        CREATE ROLE agentbot_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL; -- made at the same time by way of another database
    END $$`);
  await client.query('GRANT agentbot_app TO CURRENT_USER');
}

/**
 * Gives the application's role what the migrations say.
 * @param statements of all applied migrations, in their order; those about a table that is gone are left out
 */
export async function grantRights(client: pg.Client, statements: string[]): Promise<void> {
  for (const statement of statements) {
    await client.query(statement).catch((error) => {
      if (!(error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE)) throw error;
    });
  }
}
