import { createHash } from 'node:crypto';
import { cloneTerms } from '@agentbot/contracts';
import type { Config } from '../../config/config.ts';
import { PATH_USD } from '../../infra/chain/path-usd.ts';
import { PRICE } from './payment-proof.ts';

/**
 * A scheme of this installation's own: the client transfers, then sends the proof. The standard scheme `exact` needs EIP-3009,
 * which pathUSD does not have, and a facilitator that settles the payment.
 */
const SCHEME = 'tempo-transfer-proof';
const TIMEOUT_SECONDS = 3600;

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/**
 * The payment terms of a clone for three protocols: x402 version 1 (body fields), x402 version 2 (header `PAYMENT-REQUIRED`)
 * and MPP (header `WWW-Authenticate`). Empty without CLONE_TREASURY_ADDRESS.
 * @see https://github.com/coinbase/x402 @see https://paymentauth.org
 */
export function paymentTerms({ CLONE_TREASURY_ADDRESS: payTo, DASHBOARD_URL }: Pick<Config, 'CLONE_TREASURY_ADDRESS' | 'DASHBOARD_URL'>) {
  if (!payTo) return { body: {}, headers: {} };
  const { chainId, clonePrice } = cloneTerms;
  const resource = new URL('/api/agents/clone', DASHBOARD_URL).href;
  const description = `Clone an agent for ${clonePrice}: transfer it, then send the proof in the body`;
  const amount = String(PRICE);
  const asset = PATH_USD;
  const terms = { scheme: SCHEME, payTo, asset, maxTimeoutSeconds: TIMEOUT_SECONDS, extra: { name: 'pathUSD', decimals: 6 } };
  const v1 = { ...terms, network: 'tempo', maxAmountRequired: amount, resource, description, mimeType: 'application/json' };
  const v2 = {
    x402Version: 2,
    error: 'Payment required',
    resource: { url: resource, description, mimeType: 'application/json' },
    accepts: [{ ...terms, network: `eip155:${chainId}`, amount }],
  };
  const request = base64url({ amount, chainId, currency: asset, recipient: payTo });
  const realm = new URL(DASHBOARD_URL).host;
  const id = createHash('sha256').update(`${realm}|${SCHEME}|charge|${request}`).digest('base64url');
  return {
    body: { x402Version: 1, accepts: [v1] },
    headers: {
      'PAYMENT-REQUIRED': Buffer.from(JSON.stringify(v2)).toString('base64'),
      'WWW-Authenticate': `Payment id="${id}", realm="${realm}", method="${SCHEME}", intent="charge", request="${request}"`,
    },
  };
}
