import pg from 'pg';

/** A GRANT or REVOKE for the application's role, at the start of a line. */
const roleStatement = /^(?:GRANT|REVOKE)\s[^;]*?\s(?:TO|FROM)\s+agentbot_app\s*;/gm;
const UNDEFINED_TABLE = '42P01';

/** The GRANT and REVOKE statements of a migration for the application's role. */
export const rightsIn = (sql: string): string[] => sql.match(roleStatement) ?? [];

/**
 * Creates the application's role if it is missing. A role belongs to the server, not to a database: a dump restored on
 * another server contains the tables and the migration history, but neither the role nor its rights.
 * @param client a connection of the owner
 */
export async function ensureApplicationRole(client: pg.Client): Promise<void> {
  await client.query(`DO $$
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'agentbot_app') THEN
        CREATE ROLE agentbot_app NOLOGIN NOSUPERUSER NOBYPASSRLS;
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL; -- a migration of another database created the role at the same time
    END $$`);
  await client.query('GRANT agentbot_app TO CURRENT_USER');
}

/**
 * Grants the application's role the rights that the migrations define.
 * @param client a connection of the owner
 * @param statements those of all applied migrations, in order; a statement for a dropped table is skipped
 */
export async function grantRights(client: pg.Client, statements: string[]): Promise<void> {
  for (const statement of statements) {
    await client.query(statement).catch((error) => {
      if (!(error instanceof pg.DatabaseError && error.code === UNDEFINED_TABLE)) throw error;
    });
  }
}
