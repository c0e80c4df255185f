import pg from 'pg';

/**
 * The configurations that an image's own validator accepted earlier in this run. The backend validates a shape once for each
 * installation; a run has an installation for each test file, and every validation starts OpenClaw twice.
 */

async function onDatabase<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const everything = new URL(process.env.TEST_POSTGRES_URL as string);
  everything.pathname = new URL(url).pathname;
  const client = new pg.Client({ connectionString: everything.href });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function copy(from: string, to: string): Promise<void> {
  const { rows } = await onDatabase(from, (client) => client.query('SELECT * FROM accepted_configs'));
  const columns = 'jsonb_to_recordset($1) AS row(image_id text, shape text, accepted_at timestamptz)';
  await onDatabase(to, (client) =>
    client.query(`INSERT INTO accepted_configs SELECT row.* FROM ${columns} ON CONFLICT DO NOTHING`, [JSON.stringify(rows)]),
  );
}

const shared = () => process.env.TEST_POSTGRES_URL as string;

/** Creates the table that all test files share. */
export const createSharedConfigs = () =>
  onDatabase(shared(), (client) =>
    client.query('CREATE TABLE accepted_configs (image_id text, shape text, accepted_at timestamptz, PRIMARY KEY (image_id, shape))'),
  );

/** Copies the accepted configurations of the run to a test's database. */
export const loadAcceptedConfigs = (databaseUrl: string) => copy(shared(), databaseUrl);

/** Copies the accepted configurations of a test's database to the run. */
export const saveAcceptedConfigs = (databaseUrl: string) => copy(databaseUrl, shared());
