import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { deployAttestations } from '@agentbot/test-doubles/attestations';
import { startChain, type TestChain } from '@agentbot/test-doubles/chain';
import { deployEns } from '@agentbot/test-doubles/ens';
import { startModelProvider } from '@agentbot/test-doubles/model-provider';
import { makeStandIn } from '@agentbot/test-doubles/stand-in';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Address, type Hex, zeroHash } from 'viem';
import {
  agent,
  button,
  closeDashboard,
  context,
  database,
  expectCount,
  expectFocus,
  expectNoRefusals,
  expectNoSecretsInLogs,
  expectRetry,
  expectStatus,
  expectToast,
  findFaults,
  findFaultsOfPages,
  installWallet,
  MODEL_KEY,
  openDashboard,
  openSection,
  page,
  provisionAgent,
  screenshots,
  signUp,
  visit,
  wallet,
} from './dashboard.ts';

/** What the dashboard does to an agent, in one walk over one stack: each test continues from the one before. */

const IMAGE = 'agentbot/openclaw:2026.3.13';
/** An image whose gateway exits at once. */
const BROKEN = 'agentbot/openclaw-test:dashboard-dies';
const ATTESTER: Address = '0x00000000000000000000000000000000000a77e5';
/** The contract's address on Base. @see https://github.com/base/verifications#deployments */
const EAS: Address = '0x4200000000000000000000000000000000000021';
const coinbase = {
  attester: '0x357458739F90461b99789350868CD7CF330Dd7EE',
  indexer: '0x2c7eE1E5f416dfF40054c27A62f7B357C4E8619C',
} as const;

let model: Awaited<ReturnType<typeof startModelProvider>>;
let base: TestChain;
let ethereum: TestChain;
let eas: Awaited<ReturnType<typeof deployAttestations>>;
let ens: Awaited<ReturnType<typeof deployEns>>;
let schema: Hex;
let removeBroken: () => Promise<void>;

beforeAll(async () => {
  model = await startModelProvider({ apiKey: MODEL_KEY });
  removeBroken = await makeStandIn(IMAGE, BROKEN, 'dies');
  [base, ethereum] = await Promise.all([startChain({ chainId: 8453 }), startChain({ chainId: 1 })]);
  [eas, ens] = await Promise.all([deployAttestations(base, EAS), deployEns(ethereum)]);
  schema = await eas.register('bool trusted');
  await openDashboard({
    API_RATE_LIMIT: '5000',
    ALLOWED_IMAGES: 'agentbot/openclaw-test,localhost:1/openclaw',
    EAS_RPC_URL: base.url,
    EAS_ATTESTERS: ATTESTER,
    EAS_SCHEMAS: schema,
    BASE_RPC_URL: base.url,
    ETHEREUM_RPC_URL: ethereum.url,
  });
  await installWallet();
  await signUp();
  await provisionAgent(model.port);
});
afterAll(async () => {
  await closeDashboard();
  await removeBroken?.();
  await Promise.all([base?.stop(), ethereum?.stop(), model?.close()]);
});

describe('an action on an agent:', () => {
  test('a failed request shows its error, and a retry loads what was missing', async () => {
    await expectRetry('**/api/agents/*/operations', () => openSection(''), page.getByRole('heading', { name: 'Last operation' }));
    await expectRetry('**/api/agents/*/operations', () => openSection('update'), page.getByRole('heading', { name: 'Last update' }));
  });

  test('backups are created, scheduled, downloaded, restored and deleted', async () => {
    await openSection('backups');
    await button('Back up now').click();
    await expectToast('The backup is complete');
    await page.getByText('Manual backup').waitFor();
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'Download' }).click();
    const tar = gunzipSync(await readFile(await (await download).path()));
    expect(tar.subarray(257, 262).toString()).toBe('ustar');
    expect(tar.length).toBeGreaterThan(10_000);
    await page.getByLabel('Back up', { exact: true }).selectOption('24');
    await button('Save schedule').click();
    await page.getByText(/^Next backup:/).waitFor();
    await button('Restore').click();
    await button('Restore now').click();
    // The restore goes on without the page, which tells its end to who comes back.
    await expectToast(/^Restoring Ada/);
    await visit('/account');
    // Archive, new container, and start take over a minute on a busy machine.
    await expectToast('Restore of Ada: done', 180);
    await openSection('backups');
    await expectStatus('running');
    await page.getByText('Before a restore').waitFor();
    for (const left of [1, 0]) {
      await button('Delete').first().click();
      await button('Delete backup').click();
      await expectCount(button('Delete'), left);
      // The button that opened the dialog is gone with its row.
      await expectFocus('#main');
    }
    await page.getByText('No backups yet').waitFor();
  }, 300_000);

  test('the update page lists the versions on this host, and what the chosen one needs', async () => {
    await openSection('update');
    const versions = page.getByLabel('OpenClaw version');
    expect(await versions.locator('option:checked').textContent()).toBe('2026.3.13 (default)');
    // The engine of the tests has the images that the suites build.
    await versions.selectOption('2026.9.6');
    await page.getByText('agentbot/openclaw:2026.9.6', { exact: true }).waitFor();
    await page.getByText('897 MiB when idle, at least 1.3 GiB').waitFor();
    await versions.selectOption('2026.3.13');
  }, 60_000);

  test('update to an image that does not exist shows the failed stage and advice', async () => {
    await openSection('update');
    await page.getByLabel('Another image').fill('localhost:1/openclaw:not-there');
    await button('Update agent').click();
    await button('Update now').click();
    await page.locator('[data-stage="image"][data-state="failed"]').waitFor({ timeout: 60_000 });
    await page.getByText(/Check its name under Update/).waitFor();
    await expectStatus('running');
  }, 90_000);

  test('update to an image that never becomes ready is rolled back stage by stage', async () => {
    await openSection('update');
    await page.getByLabel('Another image').fill(BROKEN);
    await button('Update agent').click();
    await button('Update now').click();
    const stage = (name: string, state: string) =>
      page.locator(`[data-stage="${name}"][data-state="${state}"]`).waitFor({ timeout: 240_000 });
    await page.getByText('Update · running').waitFor();
    await expectStatus('updating');
    await stage('backup', 'done');
    await stage('rollback', 'running');
    if (screenshots) await page.screenshot({ path: `${screenshots}/rollback-running.png`, fullPage: true });
    await stage('rollback', 'done');
    await page.getByText('Update · failed').waitFor();
    await page.getByRole('alert').getByText(`Update failed, the agent is back on ${IMAGE}: `).waitFor();
    await page.getByText(/^The image and the data were restored/).waitFor();
    await expectStatus('running');
    expect(await page.locator('dt:text-is("From") + dd').textContent()).toBe(IMAGE);
    const { rows } = await database.query('SELECT state, image FROM agents WHERE id = $1', [agent]);
    expect(rows).toEqual([{ state: 'running', image: IMAGE }]);
    // The agent still has its memory.
    await openSection('chat');
    await page.getByRole('log').getByText('You said: Say bold things').waitFor();
    await page.getByLabel('Message').fill('Are you back?');
    await button('Send').click();
    await page.getByRole('log').getByText('You said: Are you back?').waitFor({ timeout: 60_000 });
  }, 300_000);

  test('verification shows why a passkey was not created', async () => {
    await openSection('verification');
    for (const [name, sentence] of [
      ['NotAllowedError', 'The passkey request was cancelled or timed out'],
      ['InvalidStateError', 'This device already has a passkey for this agent'],
    ] as const) {
      await page.evaluate((refusal) => {
        navigator.credentials.create = () => Promise.reject(new DOMException('For developers', refusal));
      }, name);
      await button('Verify with a passkey').click();
      await expectToast(sentence);
    }
    await page.getByText(/^This agent is not verified yet/).waitFor();
  });

  test('verification succeeds with a passkey', async () => {
    const session = await context.newCDPSession(page);
    await session.send('WebAuthn.enable');
    await session.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
    });
    await openSection('verification');
    await button('Verify with a passkey').click();
    await page.getByText('Verified by Passkey').waitFor();
    await session.detach();
  });

  test('verification succeeds with an ENS name and a wallet outside the browser', async () => {
    await ens.set('ada.eth', wallet.address);
    await openSection('verification');
    await page.getByRole('radio', { name: /ENS name/ }).check();
    await page.getByLabel('ENS name', { exact: true }).fill('ada.eth');
    await page.getByLabel('1. Wallet address').fill(wallet.address);
    await button('Get the message to sign').click();
    const message = (await page.locator('pre').textContent()) ?? '';
    await page.getByLabel('3. Signature').fill(await wallet.signMessage({ message }));
    await button('Verify agent').click();
    await page.getByText('Verified by ENS name').waitFor();
  });

  test('verification succeeds with an attestation and the browser’s wallet', async () => {
    await page.getByRole('radio', { name: /EAS/ }).check();
    await page.getByLabel('Attestation UID').fill(zeroHash);
    await button('Sign with this browser’s wallet').click();
    await expectToast('There is no such attestation');
    await page.getByLabel('Attestation UID').fill(await eas.attest(ATTESTER, { schema, recipient: wallet.address }));
    await button('Sign with this browser’s wallet').click();
    await page.getByText('Verified by Attestation (EAS)').waitFor();
  });

  test('verification succeeds with Coinbase, and can be removed', async () => {
    const uid = await eas.attest(coinbase.attester, { schema: await eas.registerCoinbase(coinbase.attester), recipient: wallet.address });
    await eas.index(coinbase.indexer, wallet.address, uid);
    await page.getByRole('radio', { name: /Coinbase/ }).check();
    await button('Sign with this browser’s wallet').click();
    await page.getByText('Verified by Coinbase').waitFor();
    await page.getByText(uid).waitFor();
    await button('Remove verification').click();
    await button('Remove').click();
    await page.getByText(/^This agent is not verified yet/).waitFor();
  });

  test('operations are listed with the newest first', async () => {
    await openSection('operations');
    await page.getByRole('heading', { name: 'Update' }).first().waitFor();
    await page.getByRole('heading', { name: 'Provisioning' }).waitFor();
  });

  test('operations load page by page, and the last update stays visible after many others', async () => {
    await database.query(
      `INSERT INTO operations (id, agent_id, owner_id, kind, state, created_at, started_at, finished_at)
       SELECT 'op_many' || i, id, owner_id, 'stop', 'succeeded', now() - i * interval '1 millisecond', now(), now()
       FROM agents, generate_series(1, 60) i WHERE agents.id = $1`,
      [agent],
    );
    await openSection('operations');
    const stops = page.getByRole('heading', { name: 'Stop', exact: true });
    await expectCount(stops, 50);
    await button('Earlier operations').click();
    await page.getByRole('heading', { name: 'Provisioning' }).waitFor();
    await expectCount(stops, 60);
    expect(await button('Earlier operations').count()).toBe(0);
    await openSection('update');
    await page.getByText('Update · failed').waitFor();
    await database.query(`DELETE FROM operations WHERE id LIKE 'op_many%'`);
  });

  test('deletion is disabled until the name is typed', async () => {
    await openSection('danger');
    await button('Delete agent').click();
    expect(await button('Delete forever').isDisabled()).toBe(true);
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
    await expectFocus('button:text-is("Delete agent")');
  });

  test('memory reset needs the typed name, and creates a backup first', async () => {
    await openSection('danger');
    await button('Reset memory').click();
    await page.getByLabel('Agent name').fill('Ada');
    await button('Reset now').click();
    await expectToast('Memory reset');
    await openSection('backups');
    await page.getByText('Before a memory reset').waitFor();
  }, 90_000);

  test('restart stops the agent and starts it again', async () => {
    await button('Restart').click();
    await expectToast('The agent is running again');
    await expectStatus('running');
  }, 90_000);
});

test('the sections have no serious accessibility fault in either theme, and fit a phone', async () => {
  const paths = ['', '/backups', '/update', '/verification', '/operations', '/danger'].map((section) => `/agents/${agent}${section}`);
  expect(await findFaultsOfPages(page, paths)).toEqual([]);
}, 240_000);

test('a dialog and a broken page have no serious accessibility fault, and fit a phone', async () => {
  const faults: string[] = [];
  const look = async (name: string) => {
    for (const theme of ['light', 'dark']) faults.push(...(await findFaults(page, name, theme)));
  };
  await openSection('danger');
  await button('Delete agent').click();
  await page.getByRole('dialog').waitFor();
  await look('/question');
  await page.keyboard.press('Escape');

  await page.route('**/api/agents/*/operations', (route) => route.fulfill({ json: { operations: [{}] } }));
  await openSection('operations');
  await page.getByRole('heading', { name: 'This page could not be shown' }).waitFor();
  await look('/broken');
  await page.unroute('**/api/agents/*/operations');
  await button('Try again').click();
  await page.getByRole('heading', { name: 'Provisioning' }).waitFor();
  expect(faults).toEqual([]);
}, 120_000);

test('deletion with the typed name removes the agent and shows an empty list', async () => {
  await openSection('danger');
  await button('Delete agent').click();
  await page.getByLabel('Agent name').fill('Ada');
  await button('Delete forever').click();
  await page.getByRole('heading', { name: 'No agents yet' }).waitFor({ timeout: 60_000 });
});

test('the Content-Security-Policy blocked nothing', () => expectNoRefusals());

test('no log line contains a secret', () => expectNoSecretsInLogs());
