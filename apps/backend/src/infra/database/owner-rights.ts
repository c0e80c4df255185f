import type pg from 'pg';
import type { Logger } from 'pino';

/**
 * Tells whether a login has more rights than the application needs: it bypasses row-level security, creates roles,
 * replicates, or is a member of a role that owns the database or a relation in it.
 * @param login the connection's own login by default
 */
export async function hasOwnerRights(database: Pick<pg.Client | pg.Pool, 'query'>, login?: string): Promise<boolean> {
  const { rows } = await database.query<{ powerful: boolean }>(
    `SELECT r.rolsuper OR r.rolbypassrls OR r.rolcreaterole OR r.rolreplication
       OR EXISTS (SELECT FROM pg_database d WHERE d.datname = current_database() AND pg_has_role(r.oid, d.datdba, 'MEMBER'))
       OR EXISTS (SELECT FROM pg_class c WHERE c.relnamespace::regnamespace::text !~ '^(pg_|information_schema$)'
                  AND pg_has_role(r.oid, c.relowner, 'MEMBER')) AS powerful
     FROM pg_roles r WHERE r.rolname = coalesce($1, session_user)`,
    [login],
  );
  return rows[0]?.powerful ?? false;
}

/** Warns in the log when the backend's login has an owner's rights: an attacker in this process would own the database. */
export async function warnOfOwnerRights({ pool, log }: { pool: pg.Pool; log: Logger }): Promise<void> {
  if (await hasOwnerRights(pool)) {
    log.warn("DATABASE_URL logs in with an owner's rights, which the backend does not need: see docs/adr/0012-database-login.md");
  }
}
