import type pg from 'pg';
import type { Logger } from 'pino';

/**
 * Whether a login, by default the one in use, may do more than the application needs: pass over the row-level policies,
 * make roles, or change what it or a role that it can take owns.
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

/** Says in the log when whoever takes over this process owns the database. */
export async function warnOfOwnerRights({ pool, log }: { pool: pg.Pool; log: Logger }): Promise<void> {
  if (await hasOwnerRights(pool)) {
    log.warn("DATABASE_URL logs in with an owner's rights, which the backend does not need: see docs/adr/0012-database-login.md");
  }
}
