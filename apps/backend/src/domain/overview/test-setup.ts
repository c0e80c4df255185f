import { randomBytes } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { SetupPart } from '@agentbot/contracts';
import { draftFile } from '../../infra/backup-store/backup-store.ts';
import { sendMail } from '../../infra/mail/send-mail.ts';
import type { Actor } from '../../shared/actor.ts';
import { randomName } from '../../shared/ids.ts';
import { agentUrl, TEST_LABEL } from '../agents/addresses.ts';
import type { Context } from '../context.ts';

type Slice = Pick<Context, 'accounts' | 'config' | 'backups' | 'log'>;

const TIMEOUT_MS = 10_000;

/** A sentence for the administrator, who can do something about it. */
class SetupProblem extends Error {}

/** What a mail server's failure means, by the library's code. @see https://nodemailer.com/errors */
const mailProblems: Record<string, string> = {
  EAUTH: 'The mail server refuses the user or the password in SMTP_URL',
  EENVELOPE: 'The mail server refuses the sender (MAIL_FROM) or the recipient',
  ETLS: 'The connection to the mail server cannot be encrypted',
};
const NO_MAIL_SERVER = 'The mail server in SMTP_URL cannot be reached';

/** Sends a mail to the administrator who asks. The internal key has no address: the sender's is used. */
async function testMail({ accounts, config }: Slice, actor: Actor): Promise<void> {
  const { SMTP_URL, MAIL_FROM } = config;
  if (!SMTP_URL) throw new SetupProblem('No mail server is set: set SMTP_URL');
  const to = actor.kind === 'user' ? (await accounts.find(actor.userId)).email : MAIL_FROM;
  const text = 'This installation of Agentbot can send mail.\n';
  await sendMail(config, SMTP_URL, { to, subject: 'Agentbot can send mail', text }).catch((cause) => {
    throw new SetupProblem(mailProblems[String(cause.code)] ?? NO_MAIL_SERVER, { cause });
  });
}

/** Stores a small file, reads it back and removes it. */
async function testBackups({ config, backups }: Slice): Promise<void> {
  const name = `setup-test-${randomName(12)}`;
  const content = randomBytes(32);
  const draft = await draftFile(config, name);
  try {
    await writeFile(draft, content, { mode: 0o600 });
    await backups.keep(draft, name, AbortSignal.timeout(TIMEOUT_MS));
    const stored = await buffer(await backups.read(name));
    if (!stored.equals(content)) throw new SetupProblem('The backup target returned another content than was stored');
  } finally {
    await rm(draft, { force: true });
    await backups.remove(name);
  }
}

/** Asks the address of an agent that does not exist: the gateway router of this installation must answer. */
async function testDomain({ config }: Slice): Promise<void> {
  const address = agentUrl({ id: TEST_LABEL, hostPrefix: '' }, config);
  const { host, hostname, protocol, port } = new URL(address);
  // RFC 6761, 6.3: names below `localhost` are this machine, but not every resolver knows it.
  const isLocal = hostname.endsWith('.localhost');
  const url = isLocal ? `${protocol}//127.0.0.1${port && `:${port}`}` : address;
  const response = await fetch(url, { headers: { host }, redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) }).catch((cause) => {
    throw new SetupProblem(`${address} cannot be reached. Check the DNS record *.${config.AGENTS_DOMAIN} and the TLS proxy`, { cause });
  });
  const { error } = (await response.json().catch(() => ({}))) as { error?: unknown };
  if (response.status === 404 && error === 'No agent has this address') return;
  throw new SetupProblem(`${address} is answered by something else (status ${response.status}). Point it at the gateway's port`);
}

const tests: Record<SetupPart, (context: Slice, actor: Actor) => Promise<void>> = {
  mail: testMail,
  backups: testBackups,
  domain: testDomain,
};

/** Tries one part of the installation. A failure is an answer with a sentence, not an error. */
export async function testSetup(context: Slice, actor: Actor, part: SetupPart) {
  const startedAt = performance.now();
  const error = await tests[part](context, actor).then(
    () => null,
    (failure) => {
      context.log.warn({ err: failure, part }, 'a test of the setup failed');
      return failure instanceof SetupProblem ? failure.message : 'The test failed. The log of the backend has its error';
    },
  );
  return { part, ok: error === null, ms: Math.round(performance.now() - startedAt), error };
}
