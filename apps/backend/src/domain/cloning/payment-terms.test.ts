import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { paymentTerms } from './payment-terms.ts';

const treasury = `0x${'22'.repeat(20)}`;
const config = { CLONE_TREASURY_ADDRESS: treasury, DASHBOARD_URL: 'https://bots.example/' } as Parameters<typeof paymentTerms>[0];
// pathUSD on Tempo: https://docs.tempo.xyz
const asset = '0x20c0000000000000000000000000000000000000';
const terms = {
  scheme: 'tempo-transfer-proof',
  payTo: treasury,
  asset,
  maxTimeoutSeconds: 3600,
  extra: { name: 'pathUSD', decimals: 6 },
};
const resource = 'https://bots.example/api/agents/clone';
const description = 'Clone an agent for 1.0 pathUSD: transfer it, then send the proof in the body';

test('paymentTerms are empty where no wallet receives payments', () => {
  expect(paymentTerms({ ...config, CLONE_TREASURY_ADDRESS: undefined } as never)).toEqual({ body: {}, headers: {} });
});

// https://github.com/coinbase/x402/blob/main/specs/x402-specification-v1.md
test('the body has the terms of x402, version 1', () => {
  expect(paymentTerms(config).body).toEqual({
    x402Version: 1,
    accepts: [{ ...terms, network: 'tempo', maxAmountRequired: '1000000', resource, description, mimeType: 'application/json' }],
  });
});

// https://github.com/coinbase/x402/blob/main/specs/x402-specification-v2.md
test('the header PAYMENT-REQUIRED has the terms of x402, version 2', () => {
  const header = (paymentTerms(config).headers as Record<string, string>)['PAYMENT-REQUIRED'] ?? '';
  expect(JSON.parse(Buffer.from(header, 'base64').toString())).toEqual({
    x402Version: 2,
    error: 'Payment required',
    resource: { url: resource, description, mimeType: 'application/json' },
    accepts: [{ ...terms, network: 'eip155:4217', amount: '1000000' }],
  });
});

// https://paymentauth.org
test('the header WWW-Authenticate has the challenge of the scheme Payment', () => {
  const header = (paymentTerms(config).headers as Record<string, string>)['WWW-Authenticate'] ?? '';
  const [, id, realm, method, intent, request = ''] =
    /^Payment id="([\w-]+)", realm="([^"]*)", method="([^"]*)", intent="([^"]*)", request="([\w-]+)"$/.exec(header) ?? [];
  expect([realm, method, intent]).toEqual(['bots.example', 'tempo-transfer-proof', 'charge']);
  expect(JSON.parse(Buffer.from(request, 'base64url').toString())).toEqual({
    amount: '1000000',
    chainId: 4217,
    currency: asset,
    recipient: treasury,
  });
  expect(id).toBe(createHash('sha256').update(`bots.example|tempo-transfer-proof|charge|${request}`).digest('base64url'));
});
