import type Mux from '@mux/mux-node';
import type { Config } from '../../config/config.ts';

export type MuxClient = Mux;

/** Mux's official client; undefined when no token is configured. */
export async function createMux({ MUX_TOKEN_ID, MUX_TOKEN_SECRET, MUX_BASE_URL }: Config): Promise<Mux | undefined> {
  if (!MUX_TOKEN_ID || !MUX_TOKEN_SECRET) return undefined;
  const { default: Client } = await import('@mux/mux-node');
  return new Client({
    tokenId: MUX_TOKEN_ID,
    tokenSecret: MUX_TOKEN_SECRET,
    ...(MUX_BASE_URL && { baseURL: MUX_BASE_URL }),
    timeout: 15_000,
    // The client's log lines may contain stream keys.
    logLevel: 'off',
  });
}
