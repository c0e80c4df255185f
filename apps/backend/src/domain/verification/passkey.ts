import { AppError } from '@agentbot/contracts';
import {
  type AuthenticationResponseJSON,
  type AuthenticatorTransport,
  generateAuthenticationOptions,
  generateRegistrationOptions,
  type RegistrationResponseJSON,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { z } from 'zod';
import type { Agent, Passkey } from '../../generated/prisma/client.ts';
import { isUniqueViolation, type Transaction } from '../../infra/database/database.ts';
import { readColumn } from '../../infra/database/read-column.ts';
import { challengeEnd, openChallenge, storeChallenge } from '../accounts/challenges.ts';
import type { Context } from '../context.ts';

/** What the challenge of a passkey holds beside its text. */
const passkeyData = z.looseObject({ call: z.enum(['create', 'get']) });

const refuse = (reason: string, cause?: unknown) => new AppError('INVALID_REQUEST', reason, { cause });
const keyOf = (agent: Agent) => ({ ownerId: agent.ownerId, purpose: `verify:${agent.id}`, subject: 'webauthn' });
const transportsOf = ({ transports }: Passkey) => transports as AuthenticatorTransport[];

function relyingParty({ config }: Context) {
  const { origin, hostname } = new URL(config.DASHBOARD_URL);
  return { origin, id: hostname };
}
const passkeysOf = ({ database }: Context, ownerId: string) =>
  database.as({ userId: ownerId }, (tx) => tx.passkey.findMany({ where: { ownerId } }));

/**
 * Creates a challenge for the browser's WebAuthn call: `create` registers a passkey, when the owner has none or wants a new
 * one; `get` uses a registered one.
 */
export async function challengePasskey(context: Context, agent: Agent, newPasskey = false) {
  const { id: rpID } = relyingParty(context);
  const registered = await passkeysOf(context, agent.ownerId);
  const credentials = registered.map((passkey) => ({ id: passkey.credentialId, transports: transportsOf(passkey) }));
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
          authenticatorSelection: { userVerification: 'required', residentKey: 'preferred' },
        })
      : await generateAuthenticationOptions({ rpID, allowCredentials: credentials, userVerification: 'required' });
  const expiresAt = challengeEnd(context.clock);
  await storeChallenge(context, keyOf(agent), options.challenge, expiresAt, { call });
  return { call, options: { ...options }, expiresAt };
}

/** Checks the authenticator's response; `store` writes the new passkey, or its new counter, in the caller's transaction. */
async function checkResponse(context: Context, agent: Agent, call: 'create' | 'get', expectedChallenge: string, response: object) {
  const { origin, id } = relyingParty(context);
  const expected = { expectedChallenge, expectedOrigin: origin, expectedRPID: id, requireUserVerification: true };
  const { ownerId } = agent;
  if (call === 'create') {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      ...expected,
      response: response as RegistrationResponseJSON,
    });
    if (!verified || !registrationInfo) throw refuse('The passkey could not be registered');
    const { id: credentialId, publicKey, counter, transports = [] } = registrationInfo.credential;
    const data = { credentialId, ownerId, publicKey: Buffer.from(publicKey), counter, transports };
    const store = (tx: Transaction) =>
      tx.passkey.create({ data }).catch((error) => {
        throw isUniqueViolation(error) ? refuse('This passkey is already registered', error) : error;
      });
    return { credentialId, store };
  }
  const assertion = response as AuthenticationResponseJSON;
  const passkey = (await passkeysOf(context, ownerId)).find(({ credentialId }) => credentialId === assertion.id);
  if (!passkey) throw refuse('This passkey is not registered');
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    ...expected,
    response: assertion,
    credential: {
      id: passkey.credentialId,
      publicKey: new Uint8Array(passkey.publicKey),
      counter: Number(passkey.counter),
      transports: transportsOf(passkey),
    },
  });
  if (!verified) throw refuse('The passkey’s signature is invalid');
  const where = { credentialId: passkey.credentialId };
  return {
    credentialId: passkey.credentialId,
    store: (tx: Transaction) => tx.passkey.update({ where, data: { counter: authenticationInfo.newCounter } }),
  };
}

/** Checks the owner's passkey against the open challenge. @throws AppError INVALID_REQUEST with the reason */
export async function provePasskey(context: Context, agent: Agent, response: object | undefined) {
  if (!response) throw refuse('credential is required');
  const challenge = await openChallenge(context, keyOf(agent));
  const { call } = readColumn(passkeyData, challenge.data, { row: `challenge of agent ${agent.id}`, column: 'data' });
  // The library throws plain errors for invalid responses. Errors of Prisma (`clientVersion`) pass through as internal errors.
  const { credentialId, store } = await checkResponse(context, agent, call, challenge.text, response).catch((error) => {
    throw error instanceof AppError || 'clientVersion' in error
      ? error
      : refuse('The passkey’s response does not match the challenge', error);
  });
  return { challenge, store, proven: { attestationUid: null, verifierAddress: null, metadata: { credentialId } } };
}
