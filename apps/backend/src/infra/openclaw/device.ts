import { createHash, createHmac, createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

const SCOPES = ['operator.admin', 'operator.read', 'operator.write', 'operator.approvals', 'operator.pairing'];
const CLIENT = { id: 'gateway-client', mode: 'backend', platform: 'linux' };

const base64url = (bytes: Buffer) => bytes.toString('base64url');

/** A new device key for the platform in one agent: PKCS#8 PEM, Ed25519. */
export function newDeviceKey(): string {
  return generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function identify(deviceKey: string) {
  const der = createPublicKey(createPrivateKey(deviceKey)).export({ type: 'spki', format: 'der' });
  const raw = der.subarray(-32);
  return { id: createHash('sha256').update(raw).digest('hex'), publicKey: base64url(raw) };
}

/** The token that the gateway knows the platform's device by: derived, so that every recreate writes the same one. */
const operatorToken = (deviceKey: string) => createHmac('sha256', deviceKey).update('operator token').digest('base64url');

/** The gateway's `devices/paired.json` with the platform's device approved, so that it holds full scopes from the start. */
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
      // Gateways from 2026.5 on take a device without a token for one that has no role yet, and refuse it.
      tokens: { operator: { token: operatorToken(deviceKey), role: 'operator', scopes: SCOPES, createdAtMs: now } },
      createdAtMs: now,
      approvedAtMs: now,
    },
  });
}

/** The versions of the WebSocket protocol that this client speaks; what it uses is the same in both. */
const PROTOCOLS = { minProtocol: 3, maxProtocol: 4 };

/**
 * The parameters of `connect` that answer a gateway's challenge.
 * @param signedAt the challenge's own time in milliseconds, since newer gateways compare it with their clock
 */
export function connectParams(deviceKey: string, token: string, { nonce, ts: signedAt = Date.now() }: { nonce: string; ts?: number }) {
  const { id, publicKey } = identify(deviceKey);
  const signed = ['v3', id, CLIENT.id, CLIENT.mode, 'operator', SCOPES.join(','), signedAt, token, nonce, CLIENT.platform, ''].join('|');
  return {
    ...PROTOCOLS,
    client: { ...CLIENT, version: '1.0.0' },
    role: 'operator',
    scopes: SCOPES,
    caps: [],
    auth: { token },
    device: { id, publicKey, signedAt, nonce, signature: base64url(sign(null, Buffer.from(signed), deviceKey)) },
  };
}
