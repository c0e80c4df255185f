import { AppError } from '@agentbot/contracts';
import { generateAuthenticationOptions, generateRegistrationOptions } from '@simplewebauthn/server';
import { z } from 'zod';
import type { Agent } from '../../generated/prisma/client.ts';
import { isUniqueViolation, type Transaction } from '../../infra/database/database.ts';
import { readColumn } from '../../infra/database/read-column.ts';
import { checkAssertion, checkRegistration, descriptorOf, relyingPartyOf } from '../../infra/webauthn/check-response.ts';
import { challengeEnd, openChallenge, storeChallenge } from '../accounts/challenges.ts';
import type { Context } from '../context.ts';

/** What the challenge of a passkey holds beside its text. */
const passkeyData = z.looseObject({ call: z.enum(['create', 'get']) });

const refuse = (reason: string, cause?: unknown) => new AppError('INVALID_REQUEST', reason, { cause });
const keyOf = (agent: Agent) => ({ ownerId: agent.ownerId, purpose: `verify:${agent.id}`, subject: 'webauthn' });
const passkeysOf = ({ database }: Context, ownerId: string) =>
  database.as({ userId: ownerId }, (tx) => tx.passkey.findMany({ where: { ownerId } }));

/**
 * Creates a challenge for the browser's WebAuthn call: `create` registers a passkey, when the owner has none or wants a new
 * one; `get` uses a registered one.
 */
export async function challengePasskey(context: Context, agent: Agent, newPasskey = false) {
  const { id: rpID } = relyingPartyOf(context.config);
  const registered = await passkeysOf(context, agent.ownerId);
  const credentials = registered.map(descriptorOf);
  const call = registered.length === 0 || newPasskey ? ('create' as const) : ('get' as const);
  const options =
    call === 'create'
      ? await generateRegistrationOptions({
          rpName: 'Agentbot',
          rpID,
          userID: Buffer.from(agent.ownerId),
          userName: agent.ownerId,
          attestationType: 'none',
          excludeCredentials: credentials,
          // Where the authenticator allows it, the passkey does not appear at the sign-in, which does not accept it.
          authenticatorSelection: { userVerification: 'required', residentKey: 'discouraged' },
        })
      : await generateAuthenticationOptions({ rpID, allowCredentials: credentials, userVerification: 'required' });
  const expiresAt = challengeEnd(context.clock);
  await storeChallenge(context, keyOf(agent), options.challenge, expiresAt, { call });
  return { call, options: { ...options }, expiresAt };
}

/** Checks the authenticator's response; `store` writes the new passkey, or its new counter, in the caller's transaction. */
async function checkResponse(context: Context, { ownerId }: Agent, call: 'create' | 'get', challenge: string, response: object) {
  const site = relyingPartyOf(context.config);
  if (call === 'create') {
    const passkey = await checkRegistration(site, challenge, response);
    const data = { ...passkey, ownerId, publicKey: Buffer.from(passkey.publicKey) };
    const store = (tx: Transaction) =>
      tx.passkey.create({ data }).catch((error) => {
        throw isUniqueViolation(error) ? refuse('This passkey is already registered', error) : error;
      });
    return { credentialId: passkey.credentialId, store };
  }
  const used = (response as { id?: unknown }).id;
  const passkey = (await passkeysOf(context, ownerId)).find(({ credentialId }) => credentialId === used);
  if (!passkey) throw refuse('This passkey is not registered');
  const counter = await checkAssertion(site, challenge, response, { ...passkey, counter: Number(passkey.counter) });
  const { credentialId } = passkey;
  return { credentialId, store: (tx: Transaction) => tx.passkey.update({ where: { credentialId }, data: { counter } }) };
}

/** Checks the owner's passkey against the open challenge. @throws AppError INVALID_REQUEST with the reason */
export async function provePasskey(context: Context, agent: Agent, response: object | undefined) {
  if (!response) throw refuse('credential is required');
  const challenge = await openChallenge(context, keyOf(agent));
  const { call } = readColumn(passkeyData, challenge.data, { row: `challenge of agent ${agent.id}`, column: 'data' });
  const { credentialId, store } = await checkResponse(context, agent, call, challenge.text, response);
  return { challenge, store, proven: { attestationUid: null, verifierAddress: null, metadata: { credentialId } } };
}
