import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import type { WebSocket } from 'ws';

/**
 * WhatsApp's server for a device that is not linked: the Noise handshake, then the references for the device's QR code.
 * @see https://noiseprotocol.org/noise.html (pattern XX)
 */

const PROTOCOL = 'Noise_XX_25519_AESGCM_SHA256\0\0\0\0';
const INTRO = Buffer.from([0x57, 0x41, 6, 3]);
const SPKI_PREFIX = Buffer.from('302a300506032b656e032100', 'hex');

const rawKey = (key: KeyObject) => key.export({ type: 'spki', format: 'der' }).subarray(-32);
const publicKey = (raw: Buffer) => createPublicKey({ key: Buffer.concat([SPKI_PREFIX, raw]), format: 'der', type: 'spki' });

/** A length-delimited field of Protocol Buffers, shorter than 16 KiB. */
function field(number: number, content: Buffer): Buffer {
  const length = content.length < 128 ? [content.length] : [(content.length & 127) | 128, content.length >> 7];
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), content]);
}

/** The length-delimited fields of a message, by number. */
function fields(message: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  for (let at = 0; at < message.length; ) {
    const number = (message[at++] as number) >> 3;
    let length = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = message[at++] as number;
      length |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    found.set(number, message.subarray(at, at + length));
    at += length;
  }
  return found;
}

interface Node {
  tag: string;
  attributes?: Record<string, string>;
  content?: Node[] | Buffer;
}

const text = (value: string | Buffer) => Buffer.concat([Buffer.from([252, Buffer.byteLength(value)]), Buffer.from(value)]);
const list = (size: number) => Buffer.from([248, size]);

/** WhatsApp's binary XML, without its dictionary. */
function encode({ tag, attributes = {}, content }: Node): Buffer {
  const pairs = Object.entries(attributes).flat();
  const inside = !content ? [] : Buffer.isBuffer(content) ? [text(content)] : [list(content.length), ...content.map(encode)];
  return Buffer.concat([list(1 + pairs.length + (content ? 1 : 0)), text(tag), ...pairs.map(text), ...inside]);
}

const framed = (content: Buffer) =>
  Buffer.concat([Buffer.from([content.length >> 16, (content.length >> 8) & 255, content.length & 255]), content]);

/** The responder's side of the handshake's secrets. */
function createSecrets(clientEphemeral: Buffer) {
  let hash = Buffer.from(PROTOCOL);
  let salt = hash;
  let key = hash;
  let counter = 0;
  const nonce = () => {
    const value = Buffer.alloc(12);
    value.writeUInt32BE(counter++, 8);
    return value;
  };
  const mixHash = (data: Buffer) => {
    hash = createHash('sha256').update(hash).update(data).digest();
  };
  const derive = (input: Buffer) => {
    const bytes = Buffer.from(hkdfSync('sha256', input, salt, '', 64));
    return [bytes.subarray(0, 32), bytes.subarray(32)] as const;
  };
  mixHash(INTRO);
  mixHash(clientEphemeral);
  return {
    mixHash,
    mixKey(own: KeyObject, other: Buffer) {
      [salt, key] = derive(diffieHellman({ privateKey: own, publicKey: publicKey(other) })) as [Buffer<ArrayBuffer>, Buffer<ArrayBuffer>];
      counter = 0;
    },
    encrypt(plain: Buffer): Buffer {
      const cipher = createCipheriv('aes-256-gcm', key, nonce()).setAAD(hash);
      const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
      mixHash(sealed);
      return sealed;
    },
    decrypt(sealed: Buffer): Buffer {
      const cipher = createDecipheriv('aes-256-gcm', key, nonce()).setAAD(hash);
      cipher.setAuthTag(sealed.subarray(-16));
      const plain = Buffer.concat([cipher.update(sealed.subarray(0, -16)), cipher.final()]);
      mixHash(sealed);
      return plain;
    },
    /** Ends the handshake. @returns the encryption of the server's messages from then on */
    finish() {
      const [, toClient] = derive(Buffer.alloc(0));
      let messageCount = 0;
      return (plain: Buffer) => {
        const iv = Buffer.alloc(12);
        iv.writeUInt32BE(messageCount++, 8);
        const cipher = createCipheriv('aes-256-gcm', toClient, iv).setAAD(Buffer.alloc(0));
        return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
      };
    },
  };
}

/** Serves one device that wants to be linked; its QR code starts with `reference`. */
export function welcomeDevice(socket: WebSocket, reference: string): void {
  const ephemeral = generateKeyPairSync('x25519');
  const identity = generateKeyPairSync('x25519');
  let secrets: ReturnType<typeof createSecrets> | undefined;
  let linked = false;

  function hello(message: Buffer) {
    const client = fields(fields(message).get(2) as Buffer).get(1) as Buffer;
    secrets = createSecrets(client);
    const own = rawKey(ephemeral.publicKey);
    secrets.mixHash(own);
    secrets.mixKey(ephemeral.privateKey, client);
    const sealedIdentity = secrets.encrypt(rawKey(identity.publicKey));
    secrets.mixKey(identity.privateKey, client);
    // The intermediate certificate, issued by number 0.
    const certificate = field(2, field(1, Buffer.from([0x08, 1, 0x10, 0])));
    socket.send(framed(field(3, Buffer.concat([field(1, own), field(2, sealedIdentity), field(3, secrets.encrypt(certificate))]))));
  }

  function finish(message: Buffer) {
    if (!secrets) return;
    const theirs = fields(fields(message).get(4) as Buffer);
    const theirIdentity = secrets.decrypt(theirs.get(1) as Buffer);
    secrets.mixKey(ephemeral.privateKey, theirIdentity);
    secrets.decrypt(theirs.get(2) as Buffer);
    const say = secrets.finish();
    const references = Array.from({ length: 6 }, (_, index) => ({ tag: 'ref', content: Buffer.from(`${reference}${index}`) }));
    const pairing: Node = {
      tag: 'iq',
      attributes: { from: 's.whatsapp.net', type: 'set', id: '1', xmlns: 'md' },
      content: [{ tag: 'pair-device', content: references }],
    };
    socket.send(framed(say(Buffer.concat([Buffer.from([0]), encode(pairing)]))));
  }

  socket.on('message', (data: Buffer) => {
    if (linked) return;
    const message = secrets ? data.subarray(3) : data.subarray(INTRO.length + 3);
    if (!secrets) return hello(message);
    linked = true;
    finish(message);
  });
}
