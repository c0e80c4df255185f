import { AppError } from '@agentbot/contracts';
import { generateAuthenticationOptions } from '@simplewebauthn/server';
import type { SignInPasskey } from '../../generated/prisma/client.ts';
import type { Transaction } from '../../infra/database/database.ts';
import { challengeIn, checkAssertion, relyingPartyOf } from '../../infra/webauthn/check-response.ts';
import { SERVICE_ACCOUNT } from '../../shared/actor.ts';
import type { Context } from '../context.ts';
import { PASSKEY_LIFETIME_MS, passkeyChallengeEnd, storeChallenge, takeChallenge } from './challenges.ts';
import { handleOf } from './passkeys.ts';
import { beginSession } from './sessions.ts';

type Slice = Pick<Context, 'database' | 'clock' | 'config' | 'log'>;

/** Nobody is known yet, so the platform's account owns the challenge. */
const keyOf = (challenge: string) => ({ ownerId: SERVICE_ACCOUNT, purpose: 'sign-in', subject: challenge });

/** The options of a sign-in. They name no passkey, so they do not tell which accounts exist. */
export async function challengePasskeySignIn(context: Slice) {
  const { id: rpID } = relyingPartyOf(context.config);
  const options = await generateAuthenticationOptions({ rpID, userVerification: 'required', timeout: PASSKEY_LIFETIME_MS });
  const expiresAt = passkeyChallengeEnd(context.clock);
  await storeChallenge(context, keyOf(options.challenge), options.challenge, expiresAt);
  return { options: { ...options }, expiresAt: expiresAt.toISOString() };
}

/**
 * Stores the use of a passkey. Of a passkey that counts, every signature must have a higher number than the last one.
 * @returns whether the passkey is still there and its counter is right
 * @see https://www.w3.org/TR/webauthn-3/#sctn-sign-counter
 */
async function countUse(tx: Transaction, id: string, counter: number, now: Date): Promise<boolean> {
  const last = counter === 0 ? 0 : { lt: counter };
  const { count } = await tx.signInPasskey.updateMany({ where: { id, counter: last }, data: { counter, lastUsedAt: now } });
  return count === 1;
}

interface PasskeyResponse {
  id: string;
  response: { clientDataJSON: string; userHandle?: string | null | undefined };
}

const unknown = () => new AppError('UNKNOWN_PASSKEY');
/** A passkey of the account: the authenticator names the account too. @see https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion step 6 */
const isOfAccount = ({ ownerId }: SignInPasskey, { userHandle }: PasskeyResponse['response']) =>
  userHandle === handleOf(ownerId).toString('base64url');

/**
 * Signs in with a passkey that signed an open challenge. The challenge is used up, also by a response that is then refused.
 * @throws AppError UNKNOWN_PASSKEY, CHALLENGE_EXPIRED, INVALID_REQUEST, PASSKEY_COPIED, ACCOUNT_BLOCKED
 */
export async function signInWithPasskey(context: Slice, credential: PasskeyResponse, userAgent?: string) {
  const { database, clock, config, log } = context;
  const passkey = await database.as('service', (tx) => tx.signInPasskey.findUnique({ where: { credentialId: credential.id } }));
  if (!passkey || !isOfAccount(passkey, credential.response)) throw unknown();
  const challenge = await takeChallenge(context, keyOf(challengeIn(credential.response.clientDataJSON)));
  // `countUse` compares the counters, because another sign-in may run at the same time.
  const counter = await checkAssertion(relyingPartyOf(config), challenge, credential, { ...passkey, counter: 0 });
  const { id, ownerId } = passkey;
  return database.as('service', async (tx) => {
    // Same order as a removal of credentials: the account, then the passkey.
    const [user] = await tx.$queryRaw<{ email: string; name: string | null; blocked: boolean }[]>`
      SELECT email, name, blocked_at IS NOT NULL AS blocked FROM users WHERE id = ${ownerId} FOR SHARE`;
    if (!user) throw unknown();
    if (!(await countUse(tx, id, counter, clock.now()))) {
      if (!(await tx.signInPasskey.count({ where: { id } }))) throw unknown();
      log.warn({ userId: ownerId, passkeyId: id }, 'a passkey was refused: its signature counter is not above the last one');
      throw new AppError('PASSKEY_COPIED');
    }
    // Only the owner of the passkey learns of the block.
    if (user.blocked) throw new AppError('ACCOUNT_BLOCKED');
    const session = await beginSession(tx, clock, ownerId, userAgent, id);
    return { id: ownerId, email: user.email, name: user.name, session };
  });
}
