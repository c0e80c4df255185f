import type { Agent, Operation } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { type Clock, msAgo } from '../../shared/clock.ts';
import type { Context } from '../context.ts';
import { queueMails } from './mails.ts';

/** Automatic restarts, and short outages of the engine, end within this time. */
const ERROR_MS = 5 * 60_000;
/** An agent whose error comes and goes is told of once in this time. */
const AGAIN_MS = 3_600_000;

interface Told {
  id: string;
  name: string;
  ownerId: string;
  reason: string | null;
  agentMails: boolean;
}
type Slice = Pick<Context, 'config' | 'database' | 'clock'>;

/** Notes since when agents are in error. @returns the agents whose owners are told now that they do not work */
async function findFailed(tx: Transaction, clock: Clock): Promise<Told[]> {
  const now = clock.now();
  await tx.$executeRaw`UPDATE agents SET error_since = ${now} WHERE state = 'error' AND error_since IS NULL`;
  return tx.$queryRaw<Told[]>`
    UPDATE agents a SET error_told_at = ${now}
    FROM users u
    WHERE u.id = a.owner_id AND a.state = 'error' AND a.error_since <= ${msAgo(clock, ERROR_MS)}
      AND (a.error_told_at IS NULL OR (a.error_told_at < a.error_since AND a.error_told_at <= ${msAgo(clock, AGAIN_MS)}))
    RETURNING a.id, a.name, a.owner_id AS "ownerId", a.state_reason AS reason, u.agent_mails AS "agentMails"`;
}

/** Notes which agents are no longer in error. @returns those that run, and whose owners were told of the error */
function findRecovered(tx: Transaction): Promise<Told[]> {
  return tx.$queryRaw<Told[]>`
    WITH ended AS (
      SELECT id, state, error_told_at >= error_since AS told FROM agents
      WHERE error_since IS NOT NULL AND state IN ('running', 'stopped') FOR UPDATE
    ), noted AS (
      UPDATE agents a SET error_since = NULL FROM ended, users u WHERE ended.id = a.id AND u.id = a.owner_id
      RETURNING a.id, a.name, a.owner_id AS "ownerId", NULL AS reason, u.agent_mails AS "agentMails"
    )
    SELECT noted.* FROM noted JOIN ended USING (id) WHERE ended.told AND ended.state = 'running'`;
}

/** The reason of an error as the end of a sentence. */
const because = (reason: string | null) => reason?.replace(/\.$/, '') ?? 'no reason is known';
const linkOf = ({ DASHBOARD_URL }: Slice['config'], { id }: Pick<Agent, 'id'>) => new URL(`/agents/${id}`, DASHBOARD_URL).href;
const FOOTER = '\n\nYou can switch off mails about agents on the page Account.\n';

/** One mail to each owner: an outage of a machine concerns many agents. @param lines the text about an agent */
function mailsTo(agents: Told[], subject: (whose: string, count: number) => string, lines: (agent: Told) => string) {
  const byOwner = Map.groupBy(
    agents.filter(({ agentMails }) => agentMails),
    ({ ownerId }) => ownerId,
  );
  return [...byOwner].map(([ownerId, own]) => ({
    ownerId,
    subject: subject(own.length === 1 ? (own[0]?.name ?? '') : `${own.length} agents`, own.length),
    text: own.map(lines).join('\n\n') + FOOTER,
  }));
}

/** Tells owners by mail which of their agents have not worked for five minutes, and when those work again. */
export async function tellAgents({ config, database, clock }: Slice): Promise<void> {
  await database.as('service', async (tx) => {
    const failed = await findFailed(tx, clock);
    const recovered = await findRecovered(tx);
    if (!config.SMTP_URL) return;
    await queueMails(tx, clock, [
      ...mailsTo(
        failed,
        (whose, count) => `${whose} ${count === 1 ? 'does' : 'do'} not work`,
        (agent) => `${agent.name} does not work: ${because(agent.reason)}.\n${linkOf(config, agent)}`,
      ),
      ...mailsTo(
        recovered,
        (whose, count) => `${whose} ${count === 1 ? 'works' : 'work'} again`,
        (agent) => `${agent.name} works again.\n${linkOf(config, agent)}`,
      ),
    ]);
  });
}

/** Queues the mail about an automatic backup that failed, in the transaction that ends its operation. */
export async function tellFailedBackup(
  tx: Transaction,
  { config, clock }: Pick<Context, 'config' | 'clock'>,
  { agentId, kind, input }: Pick<Operation, 'agentId' | 'kind' | 'input'>,
  reason: string | null,
): Promise<void> {
  const isScheduled = kind === 'backup' && (input as { cause?: string } | null)?.cause === 'schedule';
  if (!isScheduled || !config.SMTP_URL) return;
  const agent = await tx.agent.findUnique({ where: { id: agentId }, include: { owner: { select: { agentMails: true } } } });
  if (!agent?.owner.agentMails) return;
  const { name, ownerId } = agent;
  await queueMails(tx, clock, [
    {
      ownerId,
      subject: `The automatic backup of ${name} failed`,
      text: `The automatic backup of ${name} failed: ${because(reason)}. The next one begins at its usual time.\n${linkOf(config, agent)}/backups${FOOTER}`,
    },
  ]);
}
