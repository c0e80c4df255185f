import { createHash, createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

const SCOPES = ['operator.admin', 'operator.read', 'operator.write', 'operator.approvals', 'operator.pairing'];
const CLIENT = { id: 'gateway-client', mode: 'backend', platform: 'linux' };

const base64url = (bytes: Buffer) => bytes.toString('base64url');

/** Generates the platform's device key for one agent: Ed25519, PKCS#8 PEM. */
export function newDeviceKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function identify(deviceKey: string) {
  const der = createPublicKey(createPrivateKey(deviceKey)).export({ type: 'spki', format: 'der' });
  const raw = der.subarray(-32);
  return { id: createHash('sha256').update(raw).digest('hex'), publicKey: base64url(raw) };
}

/** The platform's device token for the gateway. It derives from the key, so each recreate writes the same token. */
const operatorToken = (deviceKey: string) => createHmac('sha256', deviceKey).update('operator token').digest('base64url');

/** Builds the gateway's `devices/paired.json`: the platform's device is paired with all scopes before the first start. */
export function pairedDevices(deviceKey: string, now = Date.now()): string {
  const { id, publicKey } = identify(deviceKey);
  return JSON.stringify({
    [id]: {
      deviceId: id,
      publicKey,
      displayName: 'hosting-platform',
      platform: CLIENT.platform,
      clientId: CLIENT.id,
      clientMode: CLIENT.mode,
      role: 'operator',
      roles: ['operator'],
      scopes: SCOPES,
      approvedScopes: SCOPES,
      // Gateways from 2026.5 on refuse a device without a token: they assume that it has no role yet.
      tokens: { operator: { token: operatorToken(deviceKey), role: 'operator', scopes: SCOPES, createdAtMs: now } },
      createdAtMs: now,
      approvedAtMs: now,
    },
  });
}

/** Supported versions of the WebSocket protocol; the methods in use are the same in both. */
const PROTOCOLS = { minProtocol: 3, maxProtocol: 4 };

/**
 * Builds the parameters of `connect` that answer a gateway's challenge.
 * @param challenge `ts`: the challenge's time in milliseconds since 1970; it is signed because newer gateways compare it with
 *   their clock
 */
export function connectParams(deviceKey: string, token: string, challenge: { nonce: string; ts?: number }) {
  const { nonce, ts: signedAt = Date.now() } = challenge;
  const { id, publicKey } = identify(deviceKey);
  const message = ['v3', id, CLIENT.id, CLIENT.mode, 'operator', SCOPES.join(','), signedAt, token, nonce, CLIENT.platform, ''].join('|');
  return {
    ...PROTOCOLS,
    client: { ...CLIENT, version: '1.0.0' },
    role: 'operator',
    scopes: SCOPES,
    // The gateway then reports the tools that a run calls.
    caps: ['tool-events'],
    auth: { token },
    device: { id, publicKey, signedAt, nonce, signature: base64url(sign(null, Buffer.from(message), deviceKey)) },
  };
}
