import pg from 'pg';
import { settingsOf, type Tenant } from '../../shared/actor.ts';

/** A prepared statement. Its name is unique among the statements of this process. */
export interface Statement {
  name: string;
  text: string;
}

/** The part of a connection of `pg` that sends messages of the extended protocol. */
interface Wire {
  parsedStatements: Record<string, string>;
  stream: { cork(): void; uncork(): void };
  parse(message: Statement & { types?: number[] }): void;
  bind(message: { statement: string; values: string[] }): void;
  execute(message: { rows: number }): void;
}

/** Sets the tenant for the transaction. It returns no row: a row would need a description. */
const tenantStatement: Statement = {
  name: 'tenant',
  text: `SELECT FROM (SELECT set_config('app.user_id', $1, true) AS a, set_config('app.actor', $2, true) AS b,
    set_config('app.agent_id', $3, true) AS c OFFSET 0) AS settings WHERE a || b || c IS NULL`,
};

/**
 * Runs one statement for a tenant in one round trip. The tenant's settings and the statement are sent together, prepared, with one
 * Sync at the end: Postgres runs them as one transaction, so row-level security holds as in `Database.as`.
 * @returns the rows of the statement
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export async function queryAs<R>(pool: pg.Pool, tenant: Tenant, { name, text }: Statement, values: unknown[]): Promise<R[]> {
  const query = new pg.Query({ name, text, values });
  const submit = query.submit;
  query.submit = (connection) => {
    const wire = connection as unknown as Wire;
    wire.stream.cork();
    try {
      if (!wire.parsedStatements[tenantStatement.name]) {
        wire.parse(tenantStatement);
        wire.parsedStatements[tenantStatement.name] = tenantStatement.text;
      }
      wire.bind({ statement: tenantStatement.name, values: settingsOf(tenant) });
      wire.execute({ rows: 0 });
      return submit.call(query, connection);
    } finally {
      wire.stream.uncork();
    }
  };
  // The results of both statements, in their order.
  const results = (await pool.query(query as unknown as pg.QueryConfig)) as unknown as pg.QueryResult[];
  return results.at(-1)?.rows as R[];
}
