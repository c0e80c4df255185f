import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';
import { hasOwnerRights } from './owner-rights.ts';

const ITERATIONS = 4096;

/** The SCRAM verifier that Postgres stores: the password itself reaches neither the server nor its log (RFC 5803). */
function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const saltedPassword = pbkdf2Sync(password, salt, ITERATIONS, 32, 'sha256');
  const keyFor = (name: string) => createHmac('sha256', saltedPassword).update(name).digest();
  const storedKey = createHash('sha256').update(keyFor('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${keyFor('Server Key').toString('base64')}`;
}

/**
 * Creates the login of a connection string, or sets its password. The login may take the application's role and has no
 * other right.
 * @param client a connection of the owner
 * @returns the login's name
 * @throws Error when the login has an owner's rights
 */
export async function ensureApplicationLogin(client: pg.Client, connectionString: string): Promise<string> {
  const { username, password } = new URL(connectionString);
  const name = decodeURIComponent(username);
  const login = pg.escapeIdentifier(name);
  if (await hasOwnerRights(client, name))
    throw new Error(`DATABASE_URL logs in as ${name}, which has an owner's rights: use another login`);
  const { rowCount } = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
  if (!rowCount) await client.query(`CREATE ROLE ${login}`);
  await client.query(`ALTER ROLE ${login} LOGIN PASSWORD ${pg.escapeLiteral(scramVerifier(decodeURIComponent(password)))}`);
  await client.query(`GRANT agentbot_app TO ${login}`);
  return name;
}
