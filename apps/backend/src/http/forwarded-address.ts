import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import express from 'express';

/**
 * Creates a function that finds the client's IP address of a request outside Express, with Express's own rule: the last
 * address of `X-Forwarded-For` that no trusted proxy has, or the connection's address when that one is no IP address.
 * @param trustProxy Express's setting `trust proxy`
 */
export function createForwardedAddress(trustProxy: string): (request: IncomingMessage) => string {
  const isTrusted: (address: string, hop: number) => boolean = express().set('trust proxy', trustProxy).get('trust proxy fn');
  return ({ headers, socket }) => {
    const peer = socket.remoteAddress ?? '';
    const forwarded = [headers['x-forwarded-for'] ?? []].flat().flatMap((list) => list.split(','));
    let address = peer;
    for (let hop = 0; forwarded.length > 0 && isTrusted(address, hop); hop++) address = forwarded.pop()?.trim() ?? '';
    return isIP(address) ? address : peer;
  };
}
