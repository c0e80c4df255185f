import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { deployAttestations } from '@agentbot/test-doubles/attestations';
import { createAuthenticator } from '@agentbot/test-doubles/authenticator';
import { startChain, type TestChain } from '@agentbot/test-doubles/chain';
import { startChainNode } from '@agentbot/test-doubles/chain-node';
import { deployEns } from '@agentbot/test-doubles/ens';
import { deploySafes } from '@agentbot/test-doubles/smart-wallet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Address, Hex } from 'viem';
import { generatePrivateKey, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { parseSiweMessage } from 'viem/siwe';
import { checkAttestation } from '../src/domain/verification/attestation.ts';
import { recheckVerifications } from '../src/domain/verification/recheck.ts';
import type { ChainReader } from '../src/infra/chain/chains.ts';
import { startBackend, type TestBackend } from './backend.ts';

/** Verification with the real EAS contracts and an ENS stand-in on local chains, and a software authenticator. */

const EAS: Address = '0x4200000000000000000000000000000000000021';
const ATTESTER: Address = '0x00000000000000000000000000000000000a77e5';
const ORIGIN = 'http://localhost:3000';
/** On Base. @see https://github.com/coinbase/verifications#contracts https://docs.cdp.coinbase.com/verifications/introduction/quickstart */
const coinbase: Record<'attester' | 'indexer' | 'schema', Hex> = {
  attester: '0x357458739F90461b99789350868CD7CF330Dd7EE',
  indexer: '0x2c7eE1E5f416dfF40054c27A62f7B357C4E8619C',
  schema: '0xf8b05c79f090979bf4a80270aba232dff11a10d9ca55c4f88de95317970f0de9',
};

let base: TestChain;
let ethereum: TestChain;
let node: Awaited<ReturnType<typeof startChainNode>>;
let ethereumNode: Awaited<ReturnType<typeof startChainNode>>;
let eas: Awaited<ReturnType<typeof deployAttestations>>;
let ens: Awaited<ReturnType<typeof deployEns>>;
let backend: TestBackend;
let schema: Hex;
let owner: string;
let stranger: string;
let agent: string;
let wallet: PrivateKeyAccount;

type Fields = Record<string, unknown>;
const challenge = (verificationType: string, fields: Fields = {}) =>
  backend.as(owner, 'POST', `/api/agents/${agent}/verify/challenge`, { verificationType, ...fields });
const verify = (verificationType: string, fields: Fields = {}) =>
  backend.as(owner, 'POST', `/api/agents/${agent}/verify`, { verificationType, ...fields });
const status = async () => (await backend.as(owner, 'GET', `/api/agents/${agent}/verification`)).body;
const none = { verified: false, verificationType: null, attestationUid: null, verifierAddress: null, verifiedAt: null, metadata: null };
const bad = (error: string) => ({ status: 400, body: { error } });

/** Requests a challenge, signs it, and verifies. */
async function prove(verificationType: string, fields: Fields = {}, signer = wallet) {
  const asked = { walletAddress: signer.address, ...fields };
  const { body } = await challenge(verificationType, asked);
  return verify(verificationType, { ...asked, signature: await signer.signMessage({ message: body.message }) });
}
const recheck = () => recheckVerifications(backend.context);

beforeAll(async () => {
  // The chain's clock is two hours behind: an attestation that is valid there may have expired here.
  const startsAt = Math.floor(Date.now() / 1000) - 7200;
  [base, ethereum] = await Promise.all([startChain({ chainId: 8453, startsAt }), startChain({ chainId: 1 })]);
  [node, ethereumNode] = await Promise.all([startChainNode(base.url), startChainNode(ethereum.url)]);
  eas = await deployAttestations(base, EAS);
  ens = await deployEns(ethereum);
  schema = await eas.register('bool trusted');
  backend = await startBackend({
    EAS_RPC_URL: node.url,
    EAS_ATTESTERS: ATTESTER,
    EAS_SCHEMAS: schema,
    BASE_RPC_URL: node.url,
    ETHEREUM_RPC_URL: ethereumNode.url,
  });
  await backend.account();
  owner = await backend.account();
  stranger = await backend.account();
  agent = (await backend.machine(owner, 'POST', '/api/agents', { name: 'Verified' })).body.id;
});
afterAll(async () => {
  await backend.stop();
  await Promise.all([node.close(), ethereumNode.close()]);
  await Promise.all([base.stop(), ethereum.stop()]);
});
beforeEach(async () => {
  wallet = privateKeyToAccount(generatePrivateKey());
  await backend.as(owner, 'DELETE', `/api/agents/${agent}/verify`);
});

describe('a wallet’s signature', () => {
  test('counts once, and only for its agent, attestation, chain and installation', async () => {
    const attestationUid = await eas.attest(ATTESTER, { schema, recipient: wallet.address });
    const asked = { walletAddress: wallet.address, attestationUid };
    const { message, expiresAt, options } = (await challenge('eas', asked)).body;
    expect(options).toBeNull();
    expect(parseSiweMessage(message)).toMatchObject({
      address: wallet.address,
      domain: 'localhost:3000',
      chainId: 8453,
      expirationTime: new Date(expiresAt),
      resources: [`urn:agentbot:agent:${agent}`, `urn:eas:8453:${attestationUid}`],
    });
    const signature = await wallet.signMessage({ message });
    const notIts = bad('The signature does not match the wallet and the challenge');
    const other = privateKeyToAccount(generatePrivateKey());
    expect(await verify('eas', { ...asked, signature: await other.signMessage({ message }) })).toMatchObject(notIts);
    expect(await verify('eas', { ...asked, signature: await wallet.signMessage({ message: `${message} ` }) })).toMatchObject(notIts);
    expect(await verify('eas', { ...asked, attestationUid: `0x${'1'.repeat(64)}`, signature })).toMatchObject(
      bad('The challenge was made for another attestation'),
    );
    const noChallenge = bad('There is no open challenge: request a challenge first');
    const another = (await backend.machine(owner, 'POST', '/api/agents', { name: 'Another', config: { plan: 'network' } })).body.id;
    expect(
      await backend.as(owner, 'POST', `/api/agents/${another}/verify`, { verificationType: 'eas', ...asked, signature }),
    ).toMatchObject(noChallenge);
    expect(await status()).toEqual(none);
    const answers = await Promise.all(Array.from({ length: 8 }, () => verify('eas', { ...asked, signature })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array(7).fill(400)]);
    expect(await verify('eas', { ...asked, signature })).toMatchObject(noChallenge);
  });

  test('is refused with 404 for another account’s agent and with 400 when a field is missing', async () => {
    const theirs = (path: string, body: object) => backend.as(stranger, 'POST', `/api/agents/${agent}/${path}`, body);
    const body = { verificationType: 'eas', walletAddress: wallet.address, signature: '0x12' };
    expect((await theirs('verify/challenge', body)).status).toBe(404);
    expect((await theirs('verify', body)).status).toBe(404);
    expect(await verify('eas')).toMatchObject(bad('walletAddress is required'));
    expect(await verify('eas', { walletAddress: wallet.address, verified: true })).toMatchObject(bad('signature is required'));
    expect(await challenge('ens', { walletAddress: wallet.address })).toMatchObject(bad('metadata.ensName is required'));
    expect(await prove('eas')).toMatchObject(bad('attestationUid is required'));
  });
});

describe('eas', () => {
  test('verifies with a valid attestation', async () => {
    const attestationUid = await eas.attest(ATTESTER, { schema, recipient: wallet.address });
    const { status: code, body } = await prove('eas', { attestationUid });
    expect([code, body]).toEqual([
      200,
      { success: true, verified: true, verificationType: 'eas', attestationUid, verifiedAt: expect.stringMatching(/Z$/) },
    ]);
    expect(await status()).toEqual({
      verified: true,
      verificationType: 'eas',
      attestationUid,
      verifierAddress: wallet.address,
      verifiedAt: body.verifiedAt,
      metadata: { chainId: 8453, schema, attester: expect.stringMatching(new RegExp(ATTESTER, 'i')) },
    });
    expect((await backend.as(owner, 'GET', `/api/agents/${agent}`)).body.agent).toMatchObject({ verified: true, attestationUid });
  });

  test('verifies a smart wallet that is not deployed yet (ERC-6492), signed by its owner', async () => {
    const { address, signMessage, undeployed } = await (await deploySafes(base)).walletOf(wallet);
    const asked = { walletAddress: address, attestationUid: await eas.attest(ATTESTER, { schema, recipient: address }) };
    const { message } = (await challenge('eas', asked)).body;
    const thief = privateKeyToAccount(generatePrivateKey());
    expect(await verify('eas', { ...asked, signature: undeployed(await signMessage(message, thief)) })).toMatchObject(
      bad('The signature does not match the wallet and the challenge'),
    );
    expect(await verify('eas', { ...asked, signature: undeployed(await signMessage(message, wallet)) })).toMatchObject({
      status: 200,
      body: { verified: true },
    });
    expect(await status()).toMatchObject({ verifierAddress: address });
  });

  test('refuses an attestation that is missing, revoked, expired, for another wallet, or of another schema or attester', async () => {
    const recipient = wallet.address;
    const { timestamp } = await base.client.getBlock();
    const revoked = await eas.attest(ATTESTER, { schema, recipient });
    await eas.revoke(ATTESTER, schema, revoked);
    const expiring = await eas.attest(ATTESTER, { schema, recipient, expiresAt: timestamp + 3600n });
    const otherSchema = await eas.register('bool somethingElse');
    const cases: [Hex, string][] = [
      [`0x${'ab'.repeat(32)}`, 'There is no such attestation'],
      [`0x${'00'.repeat(32)}`, 'There is no such attestation'],
      [revoked, 'The attestation was revoked'],
      [await eas.attest(ATTESTER, { schema, recipient: ATTESTER }), 'The attestation was made for another wallet'],
      [
        await eas.attest(ATTESTER, { schema: otherSchema, recipient }),
        'This installation does not accept the attester or the schema of the attestation',
      ],
      [
        await eas.attest('0x000000000000000000000000000000000000bad1', { schema, recipient }),
        'This installation does not accept the attester or the schema of the attestation',
      ],
    ];
    for (const [attestationUid, reason] of cases) expect(await prove('eas', { attestationUid })).toMatchObject(bad(reason));
    expect(await prove('eas', { attestationUid: expiring })).toMatchObject(bad('The attestation has expired'));
    expect(await status()).toEqual(none);
  });

  test('holds until the second in which the attestation expires', async () => {
    const { timestamp } = await base.client.getBlock();
    const expiresAt = timestamp + 86_400n;
    const uid = await eas.attest(ATTESTER, { schema, recipient: wallet.address, expiresAt });
    const reader = (await backend.context.chains()).eas as ChainReader;
    const check = (ms: number) => {
      const clock = { now: () => new Date(Number(expiresAt) * 1000 + ms) };
      return checkAttestation(reader, clock, wallet.address, uid, { attesters: [ATTESTER], schemas: [schema] });
    };
    expect(await check(-1)).toMatchObject({ attestationUid: uid });
    for (const ms of [0, 1]) await expect(check(ms)).rejects.toThrow('The attestation has expired');
  });

  test('answers 500 while the node is down, and the same request succeeds afterwards', async () => {
    const attestationUid = await eas.attest(ATTESTER, { schema, recipient: wallet.address });
    const asked = { walletAddress: wallet.address, attestationUid };
    const { message } = (await challenge('eas', asked)).body;
    const signature = await wallet.signMessage({ message });
    node.setDown(true);
    expect(await verify('eas', { ...asked, signature })).toMatchObject({ status: 500, body: { error: 'Failed to update verification' } });
    // The backend checks the signature of an ordinary wallet without the node.
    const wrong = await privateKeyToAccount(generatePrivateKey()).signMessage({ message });
    expect((await verify('eas', { ...asked, signature: wrong })).status).toBe(400);
    node.setDown(false);
    expect((await verify('eas', { ...asked, signature })).status).toBe(200);
  });
});

describe('coinbase', () => {
  beforeAll(async () => {
    expect(await eas.registerCoinbase(coinbase.attester)).toBe(coinbase.schema);
  });
  const attest = (changes: object = {}) =>
    eas.attest(coinbase.attester, { schema: coinbase.schema, recipient: wallet.address, ...changes });

  test('verifies with an attestation that the client names or the indexer finds', async () => {
    const attestationUid = await attest();
    expect((await prove('coinbase', { attestationUid })).body).toMatchObject({ verified: true, attestationUid });
    await eas.index(coinbase.indexer, wallet.address, attestationUid);
    expect((await prove('coinbase')).body).toMatchObject({ verified: true, verificationType: 'coinbase', attestationUid });
  });

  test('refuses a missing attestation, one with the value false, and one of another attester', async () => {
    await eas.index(coinbase.indexer, wallet.address, `0x${'00'.repeat(32)}`);
    expect(await prove('coinbase')).toMatchObject(bad('Coinbase has not attested this wallet'));
    expect(await prove('coinbase', { attestationUid: await attest({ value: false }) })).toMatchObject(
      bad('Coinbase attests that this account is not verified'),
    );
    await expect(eas.attest(ATTESTER, { schema: coinbase.schema, recipient: wallet.address })).rejects.toThrow('reverted');
    // The chain lets others attest only if Coinbase lists them; the backend does not trust them.
    await eas.permit(ATTESTER);
    const forged = await eas.attest(ATTESTER, { schema: coinbase.schema, recipient: wallet.address });
    expect(await prove('coinbase', { attestationUid: forged })).toMatchObject(
      bad('This installation does not accept the attester or the schema of the attestation'),
    );
  });
});

describe('ens', () => {
  test('verifies with a name that resolves to the wallet, and stores the normalised name', async () => {
    await ens.set('agent.eth', wallet.address);
    expect((await prove('ens', { metadata: { ensName: 'Agent.eth' } })).body).toMatchObject({ verified: true, attestationUid: null });
    expect(await status()).toMatchObject({ verifierAddress: wallet.address, metadata: { ensName: 'agent.eth' } });
  });

  test('refuses a name that resolves to another wallet, does not resolve, or is invalid', async () => {
    await ens.set('another.eth', ATTESTER);
    const notIts = bad('The ENS name does not resolve to this wallet');
    expect(await prove('ens', { metadata: { ensName: 'another.eth' } })).toMatchObject(notIts);
    expect(await prove('ens', { metadata: { ensName: 'nobody.eth' } })).toMatchObject(bad('The ENS name does not resolve on chain'));
    for (const ensName of ['a b.eth', 'а‍gent.eth']) {
      expect(await challenge('ens', { walletAddress: wallet.address, metadata: { ensName } })).toMatchObject(bad('Invalid ENS name'));
    }
  });

  test.each([
    ['returns a rate limit', { code: -32005, message: 'daily request count exceeded, request rate limited' }],
    ['returns an internal error', { code: -32603, message: 'Internal error' }],
    ['lacks the block', { code: -32000, message: 'header not found' }],
  ])('answers 500 when the node %s, and keeps an existing verification', async (_, refusal) => {
    await ens.set('patient.eth', wallet.address);
    const metadata = { ensName: 'patient.eth' };
    expect((await prove('ens', { metadata })).status).toBe(200);
    ethereumNode.setRefusal(refusal);
    const answer = await prove('ens', { metadata });
    await recheck();
    ethereumNode.setRefusal(undefined);
    expect(answer).toMatchObject({ status: 500, body: { error: 'Failed to update verification' } });
    expect(await status()).toMatchObject({ verified: true, metadata });
  });

  test('does not fetch a URL that the name’s resolver returns (CCIP read)', async () => {
    let asked = 0;
    const trap = createServer((_request, response) => {
      asked++;
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await once(trap, 'listening');
    const giveUp = await ens.demandLookup(`http://127.0.0.1:${(trap.address() as AddressInfo).port}/{sender}/{data}`);
    expect(await prove('ens', { metadata: { ensName: 'trap.eth' } })).toMatchObject(bad('The ENS name does not resolve on chain'));
    await giveUp();
    trap.close();
    expect(asked).toBe(0);
  });
});

describe('webauthn', () => {
  const authenticator = createAuthenticator(ORIGIN);
  const ask = async (fields: Fields = {}) => (await challenge('webauthn', fields)).body;
  const notFitting = bad('The passkey’s response does not match the challenge');

  test('registers the first passkey and verifies with it', async () => {
    const { call, options, message } = await ask();
    expect([call, message, options.rp]).toEqual(['create', null, { name: 'Agentbot', id: 'localhost' }]);
    expect(await verify('webauthn')).toMatchObject(bad('credential is required'));
    const elsewhere = createAuthenticator('https://evil.example').create(options);
    expect(await verify('webauthn', { credential: elsewhere })).toMatchObject(notFitting);
    expect(await verify('webauthn', { credential: authenticator.create(options, { verified: false }) })).toMatchObject(notFitting);
    expect(await verify('webauthn', { credential: authenticator.create({ ...options, challenge: 'b3RoZXI' }) })).toMatchObject(notFitting);
    const credential = authenticator.create(options);
    expect((await verify('webauthn', { credential })).body).toMatchObject({ verified: true, verificationType: 'webauthn' });
    expect(await status()).toMatchObject({ verifierAddress: null, metadata: { credentialId: authenticator.id } });
    expect(await verify('webauthn', { credential })).toMatchObject(bad('There is no open challenge: request a challenge first'));
  });

  test('verifies once with a challenge that the registered passkey signed, and with no other passkey', async () => {
    const { call, options } = await ask();
    expect([call, options.allowCredentials]).toEqual(['get', [{ id: authenticator.id, transports: ['internal'], type: 'public-key' }]]);
    expect(await verify('webauthn', { credential: createAuthenticator(ORIGIN).get(options) })).toMatchObject(
      bad('This passkey is not registered'),
    );
    const forged = { ...createAuthenticator(ORIGIN).get(options), id: authenticator.id, rawId: authenticator.id };
    expect(await verify('webauthn', { credential: forged })).toMatchObject({ status: 400 });
    expect(await verify('webauthn', { credential: authenticator.get(options, { verified: false }) })).toMatchObject(notFitting);
    const credential = authenticator.get(options);
    const answers = await Promise.all(Array.from({ length: 8 }, () => verify('webauthn', { credential })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, ...Array(7).fill(400)]);
    const old = authenticator.get(options);
    await ask();
    expect(await verify('webauthn', { credential: old })).toMatchObject(notFitting);
  });

  test('adds a second passkey, and refuses to add it again', async () => {
    const second = createAuthenticator(ORIGIN);
    const { call, options } = await ask({ newPasskey: true });
    expect([call, options.excludeCredentials.length]).toEqual(['create', 1]);
    expect((await verify('webauthn', { credential: second.create(options) })).status).toBe(200);
    expect((await ask()).options.allowCredentials).toHaveLength(2);
    const again = second.create((await ask({ newPasskey: true })).options);
    expect(await verify('webauthn', { credential: again })).toMatchObject(bad('This passkey is already registered'));
    expect((await ask()).options.allowCredentials).toHaveLength(2);
  });

  test.each(['RS256', 'EdDSA'] as const)('takes a passkey with %s', async (algorithm) => {
    const passkey = createAuthenticator(ORIGIN, { algorithm });
    const credential = passkey.create((await ask({ newPasskey: true })).options);
    expect((await verify('webauthn', { credential })).status).toBe(200);
    expect((await verify('webauthn', { credential: passkey.get((await ask()).options) })).status).toBe(200);
    const forged = { ...createAuthenticator(ORIGIN, { algorithm }).get((await ask()).options), id: passkey.id, rawId: passkey.id };
    expect(await verify('webauthn', { credential: forged })).toMatchObject({ status: 400 });
  });

  test('refuses a copy of a passkey, whose counter is behind the last one', async () => {
    const passkey = createAuthenticator(ORIGIN, { counter: 7 });
    const use = async () => verify('webauthn', { credential: passkey.get((await ask()).options) });
    await verify('webauthn', { credential: passkey.create((await ask({ newPasskey: true })).options) });
    expect([(await use()).status, (await use()).status]).toEqual([200, 200]);
    passkey.setCounter(9);
    expect(await use()).toMatchObject(notFitting);
    expect((await use()).status).toBe(200);
  });
});

describe('recheckVerifications', () => {
  test('ends a verification whose attestation was revoked or name was sold, and keeps valid and platform-made ones', async () => {
    const { timestamp } = await base.client.getBlock();
    const attestationUid = await eas.attest(ATTESTER, { schema, recipient: wallet.address, expiresAt: timestamp + 86_400n });
    await prove('eas', { attestationUid });
    const vouched = (await backend.machine(undefined, 'POST', '/api/agents', { name: 'Vouched for' })).body.id;
    await backend.machine(undefined, 'POST', `/api/agents/${vouched}/verify`, {
      verificationType: 'eas',
      verified: true,
      attestationUid: `0x${'1'.repeat(64)}`,
      verifierAddress: ATTESTER,
      metadata: { checkedBy: 'hand' },
    });
    await recheck();
    expect(await status()).toMatchObject({ verified: true });
    node.setDown(true);
    await recheck();
    expect(await status()).toMatchObject({ verified: true });
    node.setDown(false);
    await eas.revoke(ATTESTER, schema, attestationUid);
    await recheck();
    expect(await status()).toEqual({
      verified: false,
      verificationType: 'eas',
      attestationUid,
      verifierAddress: wallet.address,
      verifiedAt: null,
      metadata: expect.objectContaining({
        reason: 'The attestation was revoked',
        verifiedAt: expect.any(String),
        endedAt: expect.any(String),
      }),
    });
    expect((await backend.machine(undefined, 'GET', `/api/agents/${vouched}/verification`)).body.verified).toBe(true);
    await ens.set('sold.eth', wallet.address);
    await prove('ens', { metadata: { ensName: 'sold.eth' } });
    await ens.set('sold.eth', ATTESTER);
    await recheck();
    expect(await status()).toMatchObject({ verified: false, metadata: { reason: 'The ENS name does not resolve to this wallet' } });
  });

  test('keeps a verification whose node is no longer configured', async () => {
    const attestationUid = await eas.attest(ATTESTER, { schema, recipient: wallet.address });
    await prove('eas', { attestationUid });
    const chains = await backend.context.chains();
    await recheckVerifications({ ...backend.context, chains: async () => ({ ...chains, eas: undefined }) });
    expect(await status()).toMatchObject({ verified: true, attestationUid });
  });

  test.each(['valid', 'revoked'])('does not overwrite a verification that changes during the recheck of a %s attestation', async (kind) => {
    const attestationUid = await eas.attest(ATTESTER, { schema, recipient: wallet.address });
    await prove('eas', { attestationUid });
    if (kind === 'revoked') await eas.revoke(ATTESTER, schema, attestationUid);
    let asked = 0;
    const chains = async () => {
      // The first call reads which types are configured.
      if (asked++ === 1) {
        await backend.machine(undefined, 'POST', `/api/agents/${agent}/verify`, { verificationType: 'eas', verified: true });
      }
      return backend.context.chains();
    };
    await recheckVerifications({ ...backend.context, chains });
    const row = await backend.context.database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id: agent } }));
    expect([asked, row.verified, row.verificationCheckedAt]).toEqual([2, true, null]);
  });
});
