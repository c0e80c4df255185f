import { canary } from '@agentbot/test-doubles/canaries';
import { startChain, type TestChain } from '@agentbot/test-doubles/chain';
import { startChainNode } from '@agentbot/test-doubles/chain-node';
import { deploySafes } from '@agentbot/test-doubles/smart-wallet';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PaymentRequiredV1Schema, PaymentRequiredV2Schema } from '@x402/core/schemas';
import { Challenge } from 'mppx';
import {
  type Address,
  encodeFunctionData,
  erc20Abi,
  type Hex,
  hashMessage,
  multicall3Abi,
  pad,
  parseEventLogs,
  parseUnits,
  toHex,
} from 'viem';
import { generatePrivateKey, mnemonicToAccount, type PrivateKeyAccount, privateKeyToAccount } from 'viem/accounts';
import { parseSiweMessage } from 'viem/siwe';
import { Abis, Addresses } from 'viem/tempo';
import { parseProof, verifyPayment } from '../src/domain/cloning/payment-proof.ts';
import { readAgentSecrets } from '../src/infra/crypto/agent-secrets.ts';
import type { Transaction } from '../src/infra/database/database.ts';
import { startBackend, type TestBackend } from './backend.ts';

/** Cloning on a real EVM in Tempo mode: every reason to refuse a payment, and the payments that count. */

const TREASURY = '0x1111111111111111111111111111111111111111';
/** Part of Tempo's genesis. */
const MULTICALL: Address = '0xca11bde05977b3631167028862be2a173976ca11';
const ALPHA_USD: Address = '0x20c0000000000000000000000000000000000001';
/** Holds tokens from the genesis block. */
const bank = mnemonicToAccount('test test test test test test test test test test test junk');

let chain: TestChain;
let node: Awaited<ReturnType<typeof startChainNode>>;
let backend: TestBackend;
let owner: string;
let stranger: string;
let parent: string;
let wallet: PrivateKeyAccount;

/** Creates a funded wallet and links it to an account. */
async function createLinkedWallet(user: string): Promise<PrivateKeyAccount> {
  const account = privateKeyToAccount(generatePrivateKey());
  await fund(account.address);
  const { body } = await backend.as(user, 'POST', '/api/wallets/challenge', { address: account.address });
  const signature = await account.signMessage({ message: body.message });
  expect((await backend.as(user, 'POST', '/api/wallets', { address: account.address, signature })).status).toBe(201);
  return account;
}

type Sender = PrivateKeyAccount | typeof bank;
/** Sends a transaction and waits until it is in a block. */
async function transact(account: Sender, to: Address, data: Hex) {
  const hash = await chain.client.sendTransaction({ account, to, data, chain: chain.client.chain, gas: 1_000_000n });
  return { hash, receipt: await chain.client.waitForTransactionReceipt({ hash }) };
}
const send = (account: Sender, token: Address, to: Address, amount: bigint) =>
  transact(account, token, encodeFunctionData({ abi: erc20Abi, functionName: 'transfer', args: [to, amount] }));
/** The call data that transfers tokens of a wallet that has approved the sender. */
const transferFromData = (from: Address, to: Address, amount: string) =>
  encodeFunctionData({ abi: erc20Abi, functionName: 'transferFrom', args: [from, to, parseUnits(amount, 6)] });
const approve = (account: Sender, spender: Address) =>
  transact(
    account,
    Addresses.pathUsd,
    encodeFunctionData({ abi: erc20Abi, functionName: 'approve', args: [spender, parseUnits('90', 6)] }),
  );
/** Gives an address both tokens, the second one for gas, and the native balance that anvil requires. */
async function fund(address: Address) {
  await chain.client.setBalance({ address, value: parseUnits('1', 18) });
  for (const token of [Addresses.pathUsd as Address, ALPHA_USD]) await send(bank, token, address, parseUnits('100', 6));
}

const proofOf = (hash: string, from: string, changes: object = {}) => ({
  transactionHash: hash,
  amount: '1.0',
  currency: 'pathUSD',
  chainId: 4217,
  from,
  to: TREASURY,
  timestamp: Math.floor(Date.now() / 1000),
  ...changes,
});

/** Pays from a wallet, by default the owner's, and waits for the confirmations. */
async function pay({ from = wallet, amount = '1', token = Addresses.pathUsd as Address, to = TREASURY as Address } = {}) {
  const { hash } = await send(from, token, to, parseUnits(amount, 6));
  await chain.client.mine({ blocks: 1 });
  return proofOf(hash, from.address);
}

const clone = (paymentProof: object, { as = owner, ...changes }: { as?: string; [field: string]: unknown } = {}) =>
  backend.as(as, 'POST', '/api/agents/clone', { parentAgentId: parent, name: 'My Clone', paymentProof, ...changes });

const refused = (reason: string | RegExp) => ({
  status: 402,
  body: {
    error: 'Invalid payment proof — transaction not verified on Tempo chain',
    code: 'PAYMENT_NOT_VERIFIED',
    reason: typeof reason === 'string' ? reason : expect.stringMatching(reason),
  },
});
const agentsOf = (user: string) =>
  backend.context.database.as({ userId: user }, (tx) => tx.agent.findMany({ where: { parentId: { not: null } } }));

beforeAll(async () => {
  chain = await startChain();
  node = await startChainNode(chain.url);
  backend = await startBackend({ TEMPO_RPC_URL: node.url, CLONE_TREASURY_ADDRESS: TREASURY, TEMPO_CONFIRMATIONS: '2' });
  await backend.account();
  owner = await backend.account();
  stranger = await backend.account();
  wallet = await createLinkedWallet(owner);
  const { body } = await backend.machine(owner, 'POST', '/api/agents', {
    name: 'Parent',
    config: {
      aiProvider: 'groq',
      model: 'gemma2-9b-it',
      apiKey: canary('sk-parent-'),
      telegramToken: canary('1:'),
      ownerIds: ['owner-7'],
    },
  });
  parent = body.id;
});
afterAll(async () => {
  await backend.stop();
  await node.close();
  await chain.stop();
});

describe('a wallet challenge', () => {
  test('names the installation, the account and the chain, and expires after ten minutes', async () => {
    const { body } = await backend.as(owner, 'POST', '/api/wallets/challenge', { address: wallet.address.toLowerCase() });
    const message = parseSiweMessage(body.message);
    expect(message).toMatchObject({
      address: wallet.address,
      domain: 'localhost:3000',
      uri: 'http://localhost:3000',
      chainId: 4217,
      version: '1',
      nonce: expect.stringMatching(/^[0-9a-f]{32}$/),
      resources: [`urn:agentbot:account:${owner}`],
    });
    expect(message.expirationTime?.toISOString()).toBe(body.expiresAt);
    expect(Date.parse(body.expiresAt) - Date.now()).toBeLessThanOrEqual(600_000);
  });

  test('links a wallet once, with a signature of this wallet, to the account that requested it', async () => {
    const account = privateKeyToAccount(generatePrivateKey());
    const { address } = account;
    const ask = async (user: string) => (await backend.as(user, 'POST', '/api/wallets/challenge', { address })).body.message;
    const link = (user: string, signature: string) => backend.as(user, 'POST', '/api/wallets', { address, signature });
    const noChallenge = { status: 400, body: { error: 'There is no open challenge: request a challenge first' } };
    const message = await ask(owner);
    const signature = await account.signMessage({ message });
    expect(await link(stranger, signature)).toMatchObject(noChallenge);
    await ask(stranger);
    const notTheirs = { status: 400, body: { error: 'The signature does not match the wallet and the challenge' } };
    expect(await link(stranger, signature)).toMatchObject(notTheirs);
    expect(await link(owner, await wallet.signMessage({ message }))).toMatchObject(notTheirs);
    const answers = await Promise.all(Array.from({ length: 10 }, () => link(owner, signature)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array(9).fill(400)]);
    expect(await link(owner, signature)).toMatchObject(noChallenge);
    const theirs = await account.signMessage({ message: await ask(stranger) });
    expect(await link(stranger, theirs)).toMatchObject({ status: 409, body: { code: 'WALLET_TAKEN' } });
    expect((await backend.as(stranger, 'GET', '/api/wallets')).body).toEqual({ wallets: [] });
    expect((await backend.as(owner, 'GET', '/api/wallets')).body.wallets[0]).toMatchObject({ address });
    expect((await backend.as(stranger, 'DELETE', `/api/wallets/${address}`)).status).toBe(404);
    expect((await backend.as(owner, 'DELETE', `/api/wallets/${address.toLowerCase()}`)).body.deleted).toBe(true);
    expect(await link(stranger, theirs)).toMatchObject({ status: 201 });
  });

  test('is refused with 400 once it is expired or replaced', async () => {
    const account = privateKeyToAccount(generatePrivateKey());
    const { address } = account;
    const ask = async () => (await backend.as(owner, 'POST', '/api/wallets/challenge', { address })).body.message;
    const first = await account.signMessage({ message: await ask() });
    const second = await account.signMessage({ message: await ask() });
    expect((await backend.as(owner, 'POST', '/api/wallets', { address, signature: first })).status).toBe(400);
    await backend.context.database.as('service', (tx) => tx.challenge.updateMany({ data: { expiresAt: new Date(Date.now() - 1) } }));
    expect((await backend.as(owner, 'POST', '/api/wallets', { address, signature: second })).body.error).toMatch(/no open challenge/);
  });

  test('of a contract is checked on chain (ERC-1271), and stays open while the node is unavailable', async () => {
    const address: Address = '0x00000000000000000000000000000000000a11ce';
    // isValidSignature(hash, …) returns the value stored at the hash.
    await chain.client.setCode({ address, bytecode: '0x6004355460005260206000f3' });
    const { body } = await backend.as(owner, 'POST', '/api/wallets/challenge', { address });
    const link = () => backend.as(owner, 'POST', '/api/wallets', { address, signature: `0x${'ab'.repeat(100)}` });
    expect((await link()).status).toBe(400);
    await chain.client.setStorageAt({ address, index: hashMessage(body.message), value: pad('0x1626ba7e', { dir: 'right' }) });
    node.setDown(true);
    expect(await link()).toMatchObject({ status: 500, body: { error: 'Failed to link wallet' } });
    node.setDown(false);
    expect(await link()).toMatchObject({ status: 201, body: { address: expect.stringMatching(/a11ce$/i) } });
  });

  test('with a wrong signature of an ordinary wallet is refused with 400, also without a node, and stays open', async () => {
    const account = privateKeyToAccount(generatePrivateKey());
    const { address } = account;
    const { message } = (await backend.as(owner, 'POST', '/api/wallets/challenge', { address })).body;
    const link = (signature: string) => backend.as(owner, 'POST', '/api/wallets', { address, signature });
    const wrong = await wallet.signMessage({ message });
    const zeros = `0x${'00'.repeat(65)}`;
    for (const signature of [wrong, zeros, '0x12']) {
      expect(await link(signature)).toMatchObject({
        status: 400,
        body: { error: 'The signature does not match the wallet and the challenge' },
      });
    }
    node.setDown(true);
    for (const signature of [wrong, zeros, '0x12']) {
      const { status, body } = await link(signature);
      expect(status).toBe(400);
      expect(body.error).toMatch(
        /^The signature does not match the wallet and the challenge\. .*node of its chain does not answer: try again later$/,
      );
      const proof = { ...proofOf(`0x${'ab'.repeat(32)}`, address), signature };
      expect(await clone(proof)).toMatchObject({
        status: 402,
        body: { reason: 'paymentProof.signature was not made by the paying wallet' },
      });
    }
    node.setDown(false);
    expect((await link(await account.signMessage({ message }))).status).toBe(201);
  });

  test.each([
    ['limits the request rate', { code: -32005, message: 'daily request count exceeded, request rate limited' }],
    ['does not support eth_call', { code: -32601, message: 'the method eth_call does not exist' }],
    ['has an internal error', { code: -32603, message: 'internal error' }],
  ])('of a contract gets 500 from a node that %s, and stays open', async (_, refusal) => {
    const holder = privateKeyToAccount(generatePrivateKey());
    const { address, signMessage, deploy } = await (await deploySafes(chain)).walletOf(holder);
    await deploy();
    const { message } = (await backend.as(owner, 'POST', '/api/wallets/challenge', { address })).body;
    const link = async () => backend.as(owner, 'POST', '/api/wallets', { address, signature: await signMessage(message, holder) });
    node.setRefusal(refusal);
    expect(await link()).toMatchObject({ status: 500, body: { error: 'Failed to link wallet' } });
    const proof = { ...proofOf(`0x${'ab'.repeat(32)}`, address), signature: await signMessage('whatever', holder) };
    expect(await clone(proof)).toMatchObject({ status: 500, body: { error: 'Clone failed' } });
    node.setRefusal(undefined);
    expect(await clone(proof)).toMatchObject({ status: 402 });
    expect((await link()).status).toBe(201);
  });

  test('of a smart wallet accepts only its owner’s signature, before deployment (ERC-6492) and after', async () => {
    const safes = await deploySafes(chain);
    const [holder, thief] = [privateKeyToAccount(generatePrivateKey()), privateKeyToAccount(generatePrivateKey())];
    const { address, signMessage, undeployed, deploy } = await safes.walletOf(holder);
    const linked = { status: 201, body: { address } };
    const notIts = { status: 400, body: { error: 'The signature does not match the wallet and the challenge' } };
    const ask = async () => (await backend.as(owner, 'POST', '/api/wallets/challenge', { address })).body.message;
    const link = (signature: string) => backend.as(owner, 'POST', '/api/wallets', { address, signature });
    const unlink = () => backend.as(owner, 'DELETE', `/api/wallets/${address}`);

    const before = await ask();
    const theirs = await (await safes.walletOf(thief)).signMessage(before, thief);
    expect(await link(undeployed(await signMessage(before, thief)))).toMatchObject(notIts);
    // The deployment data of another wallet does not make its signature valid here.
    expect(await link((await safes.walletOf(thief)).undeployed(theirs))).toMatchObject(notIts);
    expect(await link(undeployed(await signMessage(`${before} `, holder)))).toMatchObject(notIts);
    expect(await link(await signMessage(before, holder))).toMatchObject(notIts);
    expect(await link(undeployed(await signMessage(before, holder)))).toMatchObject(linked);
    expect(await chain.client.getCode({ address })).toBeUndefined();

    await deploy();
    await unlink();
    const after = await ask();
    expect(await link(await signMessage(after, thief))).toMatchObject(notIts);
    expect(await link(undeployed(await signMessage(after, thief)))).toMatchObject(notIts);
    expect(await link(await signMessage(after, holder))).toMatchObject(linked);
    await unlink();
    expect(await link(undeployed(await signMessage(await ask(), holder)))).toMatchObject(linked);
  });
});

describe('a valid payment', () => {
  test('creates a clone with its own wallet, its parent’s configuration and secrets, and the next generation', async () => {
    const proof = await pay();
    const { status, body } = await clone(proof, { specialization: 'promo', generation: 41 });
    expect([status, body]).toEqual([
      200,
      {
        success: true,
        agentId: expect.stringMatching(/^agent_\d{13}_[a-z0-9]{6}$/),
        walletAddress: expect.stringMatching(/^0x[0-9a-fA-F]{40}$/),
        parentAgentId: parent,
        generation: 2,
        transactionHash: proof.transactionHash,
        specialization: 'promo',
        status: 'provisioning',
        message: 'Agent "My Clone" cloned successfully. Wallet funded with 0 pathUSD.',
      },
    ]);
    const { agentId, walletAddress } = body;
    await backend.settled(agentId);
    const { config } = (await backend.as(owner, 'GET', `/api/agents/${agentId}/config`)).body;
    expect(config).toEqual({ aiProvider: 'groq', model: 'gemma2-9b-it', ownerIds: ['owner-7'] });
    const { database, envelope } = backend.context;
    const [mine, its] = await database.as('service', async (tx) => [
      await readAgentSecrets(tx, envelope, agentId),
      await readAgentSecrets(tx, envelope, parent),
    ]);
    expect(mine).toMatchObject({ apiKey: canary('sk-parent-'), telegramToken: canary('1:') });
    expect(mine?.gatewayToken).not.toBe(its?.gatewayToken);
    expect(mine?.deviceKey).not.toBe(its?.deviceKey);
    expect(privateKeyToAccount(mine?.walletKey as Hex).address).toBe(walletAddress);
    const { operations } = (await backend.as(owner, 'GET', `/api/agents/${agentId}/operations`)).body;
    expect(operations[0]).toMatchObject({ kind: 'clone', state: 'succeeded', steps: [{ name: 'wallet' }, { name: 'image' }] });
    const stored = await database.as('service', (tx) => tx.agentSecret.findMany({ where: { agentId } }));
    expect(JSON.stringify(stored)).not.toContain(mine?.walletKey?.slice(2));
    const again = await clone(await pay(), { parentAgentId: agentId });
    expect(again.body).toMatchObject({ generation: 3, parentAgentId: agentId, specialization: 'general' });
  });

  test('may have a memo, a timestamp in milliseconds, more than the price and an upper-case hash', async () => {
    const hash = await chain.client.writeContract({
      account: wallet,
      address: Addresses.pathUsd,
      abi: Abis.tip20,
      functionName: 'transferWithMemo',
      args: [TREASURY, parseUnits('2.5', 6), pad('0x01')],
      chain: chain.client.chain,
    });
    await chain.client.waitForTransactionReceipt({ hash });
    await chain.client.mine({ blocks: 1 });
    const upper = `0x${hash.slice(2).toUpperCase()}`;
    const { status, body } = await clone(proofOf(upper, wallet.address.toLowerCase(), { amount: '2.5', timestamp: Date.now() }));
    expect([status, body.transactionHash]).toEqual([200, hash]);
    expect(await clone(proofOf(hash, wallet.address), { name: 'Second' })).toMatchObject(
      refused('The payment was already used for a clone'),
    );
  });

  test('sent by a relayer counts for the payer and not for the relayer', async () => {
    const payer = await createLinkedWallet(owner);
    const relayer = await createLinkedWallet(owner);
    await approve(payer, relayer.address);
    const { hash, receipt } = await transact(relayer, Addresses.pathUsd, transferFromData(payer.address, TREASURY, '1'));
    expect(receipt.from).toBe(relayer.address.toLowerCase());
    await chain.client.mine({ blocks: 1 });
    expect(await clone(proofOf(hash, relayer.address))).toMatchObject(
      refused('The transaction contains no payment that matches the proof'),
    );
    expect((await clone(proofOf(hash, payer.address))).status).toBe(200);
  });

  test('is found among other transfers of its transaction; several smaller transfers are not added up', async () => {
    const payer = await createLinkedWallet(owner);
    const other = await createLinkedWallet(owner);
    const elsewhere: Address = '0x2222222222222222222222222222222222222222';
    for (const account of [payer, other]) await approve(account, MULTICALL);
    const together = async (...calls: Hex[]) => {
      const each = calls.map((callData) => ({ target: Addresses.pathUsd as Address, allowFailure: false, callData }));
      const data = encodeFunctionData({ abi: multicall3Abi, functionName: 'aggregate3', args: [each] });
      const { hash, receipt } = await transact(wallet, MULTICALL, data);
      expect([receipt.status, receipt.to]).toEqual(['success', MULTICALL]);
      await chain.client.mine({ blocks: 1 });
      return hash;
    };
    const noSuch = refused('The transaction contains no payment that matches the proof');
    const small = await together(transferFromData(payer.address, TREASURY, '0.6'), transferFromData(payer.address, TREASURY, '0.6'));
    expect(await clone(proofOf(small, payer.address))).toMatchObject(noSuch);
    const shared = await together(transferFromData(payer.address, TREASURY, '0.5'), transferFromData(other.address, TREASURY, '1'));
    expect(await clone(proofOf(shared, payer.address))).toMatchObject(noSuch);
    const aside = await together(transferFromData(payer.address, elsewhere, '7'), transferFromData(payer.address, TREASURY, '0.5'));
    expect(await clone(proofOf(aside, payer.address))).toMatchObject(noSuch);
    const last = await together(
      transferFromData(payer.address, elsewhere, '7'),
      transferFromData(other.address, TREASURY, '0.5'),
      transferFromData(payer.address, TREASURY, '1'),
    );
    expect(await clone(proofOf(last, other.address))).toMatchObject(noSuch);
    expect((await clone(proofOf(last, payer.address))).status).toBe(200);
    const twice = await together(transferFromData(payer.address, TREASURY, '1'), transferFromData(other.address, TREASURY, '1'));
    expect((await clone(proofOf(twice, payer.address))).status).toBe(200);
    // A transaction pays for one clone only.
    expect(await clone(proofOf(twice, other.address), { name: 'Second' })).toMatchObject(
      refused('The payment was already used for a clone'),
    );
  });

  test('is found beside the gas fee in the same token', async () => {
    const payer = await createLinkedWallet(owner);
    const inPathUsd = encodeFunctionData({ abi: Abis.feeManager, functionName: 'setUserToken', args: [Addresses.pathUsd] });
    await transact(payer, Addresses.feeManager, inPathUsd);
    const { hash, receipt } = await send(payer, Addresses.pathUsd, TREASURY, parseUnits('1', 6));
    const transfers = parseEventLogs({ abi: erc20Abi, eventName: 'Transfer', logs: receipt.logs });
    expect(transfers.map(({ address, args }) => [address, args.to.toLowerCase()])).toEqual([
      [Addresses.pathUsd, TREASURY],
      [Addresses.pathUsd, Addresses.feeManager],
    ]);
    await chain.client.mine({ blocks: 1 });
    expect((await clone(proofOf(hash, payer.address))).status).toBe(200);
  });

  test('in a hundred concurrent requests creates one clone and gives each request the same answer', async () => {
    const proof = await pay();
    const before = (await agentsOf(owner)).length;
    const answers = await Promise.all(Array.from({ length: 100 }, () => clone(proof, { name: 'One of a hundred' })));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => JSON.stringify(body))).size).toBe(1);
    expect((await agentsOf(owner)).length).toBe(before + 1);
    expect(await clone(proof, { name: 'Another name' })).toMatchObject(refused('The payment was already used for a clone'));
  });

  test('that bought a clone answers its owner alone', async () => {
    const proof = await pay();
    const { status, body } = await clone(proof);
    const copied = await clone(proof, { as: stranger });
    expect(copied).toMatchObject(refused('The payment was already used for a clone'));
    expect(JSON.stringify(copied.body)).not.toMatch(new RegExp(`${body.agentId}|${body.walletAddress}`));
    expect([status, (await clone(proof)).body]).toEqual([200, body]);
  });

  test.each([
    ['no plan', null, 'network', 'solo'],
    ['a smaller plan', 'collective', 'network', 'collective'],
    ['a larger plan', 'network', 'label', 'label'],
  ] as const)('gives an account with %s (%s) a clone of a parent on %s with the plan %s', async (_, plan, ofParent, expected) => {
    const [seller, buyer] = [await backend.account(), await backend.account()];
    const parentAgentId = (await backend.machine(seller, 'POST', '/api/agents', { name: 'Parent', config: { plan: ofParent } })).body.id;
    await backend.machine(seller, 'PUT', `/api/agents/${parentAgentId}`, { cloneable: true });
    if (plan) await backend.machine(undefined, 'PUT', `/api/admin/users/${buyer}/plan`, { plan });
    const { status, body } = await clone(await pay({ from: await createLinkedWallet(buyer) }), { as: buyer, parentAgentId });
    expect([status, body]).toEqual([200, expect.objectContaining({ parentAgentId })]);
    const { agentId } = body;
    expect((await backend.machine(buyer, 'GET', `/api/agents/${agentId}`)).body.plan).toBe(expected);
    await backend.settled(agentId);
  });

  test('of an unlinked wallet counts with a signature over the proof for this account', async () => {
    const payer = privateKeyToAccount(generatePrivateKey());
    await fund(payer.address);
    const proof = await pay({ from: payer });
    const unsigned = await clone(proof);
    expect(unsigned).toMatchObject(refused('The paying wallet is not linked to this account'));
    const { messageToSign } = unsigned.body;
    const signature = await payer.signMessage({ message: messageToSign });
    const wrong = 'paymentProof.signature was not made by the paying wallet';
    expect(await clone({ ...proof, signature }, { as: stranger, parentAgentId: parent })).toMatchObject({ status: 404 });
    expect(await clone({ ...proof, signature: await wallet.signMessage({ message: messageToSign }) })).toMatchObject(refused(wrong));
    expect(await clone({ ...proof, amount: '1.5', signature })).toMatchObject(refused(wrong));
    expect(await clone({ ...proof, signature })).toMatchObject({ status: 200 });
  });

  test('gets the same answer again after its parent is deleted and while provisioning is disabled', async () => {
    const body = { name: 'Parent for a while', config: { plan: 'network' } };
    const parentAgentId = (await backend.machine(owner, 'POST', '/api/agents', body)).body.id;
    const proof = await pay();
    const first = await clone(proof, { parentAgentId });
    expect(first.status).toBe(200);
    await backend.as(owner, 'DELETE', `/api/agents/${parentAgentId}`);
    expect((await clone(await pay(), { parentAgentId })).status).toBe(404);
    backend.context.config.PROVISIONING_ENABLED = false;
    const [again, another] = [await clone(proof, { parentAgentId }), await clone(await pay())];
    backend.context.config.PROVISIONING_ENABLED = true;
    expect([again.status, again.body]).toEqual([200, first.body]);
    expect(another.status).toBe(503);
  });

  test('stays claimed after the clone is deleted', async () => {
    const proof = await pay();
    const { agentId } = (await clone(proof)).body;
    await backend.settled(agentId);
    await backend.as(owner, 'DELETE', `/api/agents/${agentId}`);
    expect(await clone(proof)).toMatchObject(refused('The payment was already used for a clone'));
  });
});

describe('an invalid payment creates no clone', () => {
  let before: number;
  beforeAll(async () => {
    before = (await agentsOf(owner)).length + (await agentsOf(stranger)).length;
  });
  afterAll(async () => {
    expect((await agentsOf(owner)).length + (await agentsOf(stranger)).length).toBe(before);
  });

  const hash = `0x${'ab'.repeat(32)}`;
  test.each<[string, object]>([
    ['transactionHash', { transactionHash: 'ab'.repeat(32) }],
    ['transactionHash', { transactionHash: `${hash}00` }],
    ['transactionHash', { transactionHash: 7 }],
    ['amount', { amount: '-1' }],
    ['amount', { amount: '1.0000001' }],
    ['amount', { amount: '1e9' }],
    ['amount', { amount: 1 }],
    ['currency', { currency: 'USDC' }],
    ['chainId', { chainId: 1 }],
    ['from', { from: '0x1' }],
    ['to', { to: null }],
    ['timestamp', { timestamp: '2026' }],
    ['signature', { signature: 'me' }],
  ])('with a wrong %s: %j', async (field, change) => {
    expect(await clone({ ...proofOf(hash, wallet.address), ...change })).toMatchObject(
      refused(`paymentProof.${field} is missing or invalid`),
    );
  });

  test('with a wrong recipient, amount, token, payer or timestamp', async () => {
    const elsewhere: Address = '0x2222222222222222222222222222222222222222';
    const toElsewhere = await pay({ to: elsewhere });
    const noSuch = refused('The transaction contains no payment that matches the proof');
    expect(await clone({ ...toElsewhere, to: elsewhere })).toMatchObject(refused('The payment was not sent to this installation'));
    expect(await clone(toElsewhere)).toMatchObject(noSuch);
    const small = await pay({ amount: '0.999999' });
    expect(await clone({ ...small, amount: '0.999999' })).toMatchObject(refused('A clone costs 1.0 pathUSD'));
    expect(await clone(small)).toMatchObject(noSuch);
    expect(await clone(await pay({ token: ALPHA_USD }))).toMatchObject(noSuch);
    const right = await pay();
    expect(await clone({ ...right, amount: '1.000001' })).toMatchObject(noSuch);
    const other = await createLinkedWallet(owner);
    expect(await clone({ ...right, from: other.address })).toMatchObject(noSuch);
    const { blockNumber } = await chain.client.getTransactionReceipt({ hash: right.transactionHash as Hex });
    const paidAt = Number((await chain.client.getBlock({ blockNumber })).timestamp);
    for (const timestamp of [paidAt - 301, paidAt + 301, (paidAt + 301) * 1000]) {
      expect(await clone({ ...right, timestamp })).toMatchObject(
        refused('paymentProof.timestamp is more than 5 minutes from the time of the payment'),
      );
    }
    expect((await clone({ ...right, timestamp: paidAt + 300 })).status).toBe(200);
    before++;
  });

  test('in a block that a reorganisation removes', async () => {
    const confirmed = await chain.client.snapshot();
    const proof = await pay();
    await chain.client.revert({ id: confirmed });
    await chain.client.mine({ blocks: 3 });
    expect(await clone(proof)).toMatchObject(refused('The transaction is not on the chain'));
    // Sent once more, the same payment is in a block of the new chain.
    expect((await clone(await pay())).status).toBe(200);
    before++;
  });

  test('in a block that a reorganisation removes while the backend reads the chain', async () => {
    const confirmed = await chain.client.snapshot();
    const proof = await pay();
    node.once('eth_getTransactionReceipt', async () => {
      await chain.client.revert({ id: confirmed });
      await chain.client.mine({ blocks: 3 });
    });
    expect(await clone(proof)).toMatchObject(refused('The transaction is not confirmed yet: try again in a moment'));
    expect(await clone(proof)).toMatchObject(refused('The transaction is not on the chain'));
  });

  test('with a transaction that is absent, failed or unconfirmed', async () => {
    expect(await clone(proofOf(hash, wallet.address))).toMatchObject(refused('The transaction is not on the chain'));
    const failed = await send(wallet, Addresses.pathUsd, TREASURY, parseUnits('1000000', 6));
    expect(failed.receipt.status).toBe('reverted');
    await chain.client.mine({ blocks: 1 });
    expect(await clone(proofOf(failed.hash, wallet.address))).toMatchObject(refused('The transaction failed'));
    const fresh = await send(wallet, Addresses.pathUsd, TREASURY, parseUnits('1', 6));
    expect(await clone(proofOf(fresh.hash, wallet.address))).toMatchObject(
      refused('The transaction is not confirmed yet: try again in a moment'),
    );
  });

  test('of another account’s wallet', async () => {
    const proof = await pay();
    const theirs = (await backend.machine(stranger, 'POST', '/api/agents', { name: 'Theirs' })).body.id;
    const notLinked = refused('The paying wallet is not linked to this account');
    expect(await clone(proof, { as: stranger, parentAgentId: theirs })).toMatchObject(notLinked);
    const theirWallet = await createLinkedWallet(stranger);
    expect(await clone({ ...proof, from: theirWallet.address }, { as: stranger, parentAgentId: theirs })).toMatchObject(
      refused('The transaction contains no payment that matches the proof'),
    );
    const signature = await theirWallet.signMessage({ message: 'whatever' });
    expect(await clone({ ...proof, signature }, { as: stranger, parentAgentId: theirs })).toMatchObject(
      refused('paymentProof.signature was not made by the paying wallet'),
    );
    expect(await clone(proof, { as: stranger })).toMatchObject({ status: 404, body: { error: 'Agent not found' } });
  });

  test('is accepted for an hour after its block, with a timestamp up to five minutes from the block’s', async () => {
    const { hash, receipt } = await send(bank, Addresses.pathUsd, TREASURY, parseUnits('1', 6));
    await chain.client.mine({ blocks: 1 });
    const minedAt = Number((await chain.client.getBlock({ blockNumber: receipt.blockNumber })).timestamp);
    const { tempo } = await backend.context.chains();
    const verify = (ageMs: number, timestamp = minedAt) => {
      const clock = { now: () => new Date(minedAt * 1000 + ageMs) };
      return verifyPayment(tempo, clock, parseProof(proofOf(hash, bank.address, { timestamp })), TREASURY, 1);
    };
    const reason = (text: string) => ({ code: 'PAYMENT_NOT_VERIFIED', details: { reason: text } });
    await verify(3_600_000);
    await expect(verify(3_600_001)).rejects.toMatchObject(reason('The payment is more than an hour old'));
    const tooFar = reason('paymentProof.timestamp is more than 5 minutes from the time of the payment');
    for (const skew of [-300, 300]) await verify(0, minedAt + skew);
    for (const skew of [-301, 301]) await expect(verify(0, minedAt + skew)).rejects.toMatchObject(tooFar);
    // Milliseconds are accepted too.
    await verify(0, (minedAt + 300) * 1000);
    await expect(verify(0, (minedAt + 300) * 1000 + 1)).rejects.toMatchObject(tooFar);
  });

  test('that is more than an hour old, and its transaction is not claimed', async () => {
    const late = await startBackend({ TEMPO_RPC_URL: node.url, CLONE_TREASURY_ADDRESS: TREASURY, TEMPO_CONFIRMATIONS: '1' });
    const user = await late.account();
    const own = (await late.machine(user, 'POST', '/api/agents', { name: 'Mine' })).body.id;
    const { database } = late.context;
    const address = bank.address.toLowerCase();
    await database.as('service', (tx) => tx.wallet.create({ data: { address, ownerId: user } }));
    /** Pays on a chain whose clock is this many seconds behind. @returns the answers to proofs with the block's time and with ours */
    const payLate = async (seconds: number) => {
      const old = await startChain({ startsAt: Math.floor(Date.now() / 1000) - seconds });
      node.follow(old.url);
      const sent = await old.client.writeContract({
        account: bank,
        address: Addresses.pathUsd,
        abi: erc20Abi,
        functionName: 'transfer',
        args: [TREASURY, parseUnits('1', 6)],
        chain: old.client.chain,
      });
      const { blockNumber } = await old.client.waitForTransactionReceipt({ hash: sent });
      const { timestamp } = await old.client.getBlock({ blockNumber });
      const answers = [];
      for (const claimed of [Math.floor(Date.now() / 1000), Number(timestamp)]) {
        const paymentProof = proofOf(sent, bank.address, { timestamp: claimed });
        answers.push(await late.as(user, 'POST', '/api/agents/clone', { parentAgentId: own, name: 'x', paymentProof }));
      }
      await old.stop();
      return answers;
    };
    const tooOld = refused('The payment is more than an hour old');
    expect(await payLate(3_660)).toMatchObject([tooOld, tooOld]);
    const left = await database.as('service', async (tx) => [await tx.paymentClaim.count(), await tx.agent.count()]);
    expect(left).toEqual([0, 1]);
    expect(await payLate(3_540)).toMatchObject([{ status: 402, body: { reason: expect.stringContaining('timestamp') } }, { status: 200 }]);
    node.follow(chain.url);
    await late.stop();
  });

  test('at an installation without a treasury', async () => {
    const { config } = backend.context;
    const without = await startBackend({ TEMPO_RPC_URL: node.url });
    const user = await without.account();
    const own = (await without.machine(user, 'POST', '/api/agents', { name: 'Mine' })).body.id;
    const body = { parentAgentId: own, name: 'x', paymentProof: proofOf(hash, wallet.address, { to: config.CLONE_TREASURY_ADDRESS }) };
    const answer = await without.as(user, 'POST', '/api/agents/clone', body);
    expect(answer).toMatchObject(refused('This installation accepts no payments for clones'));
    expect(answer.headers.get('payment-required')).toBeNull();
    await without.stop();
  });
});

test('cloneAgent answers 500 without claiming the payment when the node is unavailable or on another chain', async () => {
  const proof = await pay();
  node.setDown(true);
  expect(await clone(proof)).toMatchObject({ status: 500, body: { error: 'Clone failed', requestId: expect.any(String) } });
  node.setDown(false);
  const ethereum = await startChain({ chainId: 1 });
  const confused = await startBackend({ TEMPO_RPC_URL: ethereum.url, CLONE_TREASURY_ADDRESS: TREASURY });
  const user = await confused.account();
  const own = (await confused.machine(user, 'POST', '/api/agents', { name: 'Mine' })).body.id;
  await confused.context.database.as('service', (tx) =>
    tx.wallet.create({ data: { address: wallet.address.toLowerCase(), ownerId: user } }),
  );
  const body = { parentAgentId: own, name: 'x', paymentProof: proof };
  expect(await confused.as(user, 'POST', '/api/agents/clone', body)).toMatchObject({ status: 500, body: { error: 'Clone failed' } });
  await confused.stop();
  await ethereum.stop();
  expect(await clone(proof)).toMatchObject({ status: 200 });
});

test('cloneAgent copies a cloneable agent of another account without its secrets, and answers 404 otherwise', async () => {
  const theirWallet = await createLinkedWallet(stranger);
  const proof = await pay({ from: theirWallet });
  expect((await clone(proof, { as: stranger })).status).toBe(404);
  expect((await backend.machine(stranger, 'PUT', `/api/agents/${parent}`, { cloneable: true })).status).toBe(404);
  expect((await backend.machine(owner, 'PUT', `/api/agents/${parent}`, { cloneable: true })).status).toBe(200);
  const { status, body } = await clone(proof, { as: stranger });
  expect(status).toBe(200);
  await backend.settled(body.agentId);
  expect((await backend.as(stranger, 'GET', `/api/agents/${body.agentId}/config`)).body.config).toEqual({
    aiProvider: 'groq',
    model: 'gemma2-9b-it',
  });
  const { database, envelope } = backend.context;
  const secrets = await database.as('service', (tx) => readAgentSecrets(tx, envelope, body.agentId));
  expect(Object.keys(secrets).sort()).toEqual(['deviceKey', 'gatewayToken', 'walletKey']);
  expect((await backend.as(owner, 'GET', `/api/agents/${body.agentId}`)).status).toBe(404);
  await backend.as(owner, 'PUT', `/api/agents/${parent}/config`, { cloneable: false });
  expect((await clone(await pay({ from: theirWallet }), { as: stranger })).status).toBe(404);
});

test('a clone of another account’s agent gets no key from the address of its model', async () => {
  const buyer = await backend.account();
  const parentAgentId = (await backend.machine(owner, 'POST', '/api/agents', { name: 'Old', config: { plan: 'network' } })).body.id;
  // A row of the time before addresses with a key were refused.
  const config = { baseUrl: 'https://user:pw@models.example/v1?key=1#x', model: 'own-1', cloneable: true, ownerIds: ['owner-7'] };
  const write = (tx: Transaction) => tx.agent.update({ where: { id: parentAgentId }, data: { aiProvider: 'custom', config } });
  const { database } = backend.context;
  await database.as('service', write);
  const configOf = async (as: string, from: PrivateKeyAccount) => {
    const { agentId } = (await clone(await pay({ from }), { as, parentAgentId })).body;
    await backend.settled(agentId);
    return (await database.as('service', (tx) => tx.agent.findUniqueOrThrow({ where: { id: agentId } }))).config;
  };
  expect(await configOf(buyer, await createLinkedWallet(buyer))).toEqual({ baseUrl: 'https://models.example/v1', model: 'own-1' });
  expect(await configOf(owner, wallet)).toEqual({ baseUrl: config.baseUrl, model: 'own-1', ownerIds: ['owner-7'] });
});

test('the 402 of cloneAgent describes the payment for x402 versions 1 and 2 and for MPP', async () => {
  const { status, body, headers } = await clone({});
  expect(status).toBe(402);
  const v1 = PaymentRequiredV1Schema.parse(body);
  expect(v1.accepts[0]).toMatchObject({
    scheme: 'tempo-transfer-proof',
    maxAmountRequired: '1000000',
    asset: Addresses.pathUsd,
    payTo: TREASURY,
  });
  const v2 = PaymentRequiredV2Schema.parse(JSON.parse(Buffer.from(headers.get('payment-required') ?? '', 'base64').toString()));
  expect(v2.accepts[0]).toMatchObject({ scheme: 'tempo-transfer-proof', network: 'eip155:4217', amount: '1000000', payTo: TREASURY });
  const challenge = Challenge.fromHeaders(headers as Headers);
  expect(challenge).toMatchObject({
    realm: 'localhost:3000',
    method: 'tempo-transfer-proof',
    intent: 'charge',
    request: { amount: '1000000', chainId: 4217, currency: Addresses.pathUsd, recipient: TREASURY },
  });
  expect(toHex(Number(challenge.request.chainId))).toBe('0x1079');
});

test('cloneAgent answers 503 with PROVISIONING_ENABLED=false', async () => {
  const closed = await startBackend({ PROVISIONING_ENABLED: 'false', TEMPO_RPC_URL: node.url, CLONE_TREASURY_ADDRESS: TREASURY });
  const user = await closed.account();
  const body = { parentAgentId: 'agent_1', name: 'x', paymentProof: {} };
  expect((await closed.as(user, 'POST', '/api/agents/clone', body)).status).toBe(503);
  await closed.stop();
});
