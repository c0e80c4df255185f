import { AppError, MAX_PASSKEYS, type PasskeyView } from '@agentbot/contracts';
import { generateRegistrationOptions } from '@simplewebauthn/server';
import { isUniqueViolation, type Transaction } from '../../infra/database/database.ts';
import { checkRegistration, descriptorOf, relyingPartyOf } from '../../infra/webauthn/check-response.ts';
import { type Actor, userOf } from '../../shared/actor.ts';
import { newId } from '../../shared/ids.ts';
import type { Context } from '../context.ts';
import { PASSKEY_LIFETIME_MS, passkeyChallengeEnd, storeChallenge, takeChallenge } from './challenges.ts';
import { lockAccount } from './grants.ts';
import { handleOf, listPasskeys, passkeyView } from './passkeys.ts';

type Slice = Pick<Context, 'database' | 'clock' | 'config'>;

/** One challenge per session: another session of the account cannot use it. */
const keyOf = (actor: Actor) => ({
  ownerId: userOf(actor),
  purpose: 'add-passkey',
  subject: (actor.kind === 'user' && actor.session?.id) || 'internal',
});

function requireRoom(count: number): void {
  if (count >= MAX_PASSKEYS) throw new AppError('PASSKEY_LIMIT_REACHED', undefined, { details: { limit: MAX_PASSKEYS } });
}

/**
 * Creates the options with which the browser creates a passkey. The caller has confirmed that the account is theirs.
 * @throws AppError PASSKEY_LIMIT_REACHED
 */
export async function challengePasskey(context: Slice & Pick<Context, 'accounts'>, actor: Actor) {
  const { clock, config } = context;
  const { id, email, name } = await context.accounts.find(userOf(actor));
  const registered = await listPasskeys(context, actor);
  requireRoom(registered.length);
  const options = await generateRegistrationOptions({
    rpName: 'Agentbot',
    rpID: relyingPartyOf(config).id,
    userID: handleOf(id),
    userName: email,
    userDisplayName: name ?? email,
    attestationType: 'none',
    timeout: PASSKEY_LIFETIME_MS,
    excludeCredentials: registered.map(descriptorOf),
    authenticatorSelection: { userVerification: 'required', residentKey: 'required' },
  });
  const expiresAt = passkeyChallengeEnd(clock);
  await storeChallenge(context, keyOf(actor), options.challenge, expiresAt);
  return { options: { ...options }, expiresAt: expiresAt.toISOString() };
}

/**
 * Adds the passkey that the browser created with the open challenge.
 * @param idName seed of the row's id
 * @throws AppError CHALLENGE_EXPIRED, INVALID_REQUEST, PASSKEY_TAKEN, PASSKEY_LIMIT_REACHED, UNAUTHORIZED when the session ends meanwhile
 */
export async function addPasskey(
  context: Slice,
  actor: Actor,
  { name, credential }: { name: string; credential: object },
  idName?: string,
): Promise<PasskeyView> {
  const { database, clock, config } = context;
  const ownerId = userOf(actor);
  const challenge = await takeChallenge(context, keyOf(actor));
  const passkey = await checkRegistration(relyingPartyOf(config), challenge, credential);
  const data = {
    ...passkey,
    id: newId('passkey', idName),
    ownerId,
    name,
    publicKey: Buffer.from(passkey.publicKey),
    createdAt: clock.now(),
  };
  async function store(tx: Transaction) {
    await lockAccount(tx, clock, actor);
    requireRoom(await tx.signInPasskey.count({ where: { ownerId } }));
    return tx.signInPasskey.create({ data });
  }
  const row = await database.as({ userId: ownerId }, store).catch((error) => {
    throw isUniqueViolation(error) ? new AppError('PASSKEY_TAKEN', undefined, { cause: error }) : error;
  });
  return passkeyView(row);
}
