import { EventEmitter } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import { APPLICATION_ROLE } from './database.ts';

const RECONNECT_MS = 500;

/**
 * Receives the notifications of other backend processes through Postgres, on one connection per process. Emits each
 * channel's payloads under the channel's name, `lost` when the connection ends, and `resumed` after each (re)connect:
 * notifications may have been lost, so a listener must read its state again.
 * @see https://www.postgresql.org/docs/current/sql-notify.html
 */
export function listenForNotifications(connectionString: string, channels: readonly string[], log: Logger) {
  const emitter = new EventEmitter<Record<string, [payload: string]>>();
  emitter.setMaxListeners(0);
  let closed = false;
  let client: pg.Client | undefined;

  async function connect(): Promise<void> {
    const connecting = new pg.Client({ connectionString, options: APPLICATION_ROLE, keepAlive: true });
    const lost = Promise.withResolvers<void>();
    connecting.on('error', (error) => log.warn({ err: error }, 'the connection for notifications failed'));
    connecting.on('end', () => {
      emitter.emit('lost', '');
      lost.resolve();
    });
    connecting.on('notification', ({ channel, payload = '' }) => emitter.emit(channel, payload));
    await connecting.connect();
    for (const channel of channels) await connecting.query(`LISTEN ${pg.escapeIdentifier(channel)}`);
    client = connecting;
    if (closed) await connecting.end();
    emitter.emit('resumed', '');
    await lost.promise;
  }

  const listening = (async () => {
    while (!closed) {
      await connect().catch((error) => log.warn({ err: error }, 'the connection for notifications could not be opened'));
      if (!closed) await sleep(RECONNECT_MS);
    }
  })();

  return {
    /** Subscribes to a channel, to `lost`, or to `resumed`. @returns a function that unsubscribes */
    on(channel: string, listener: (payload: string) => void): () => void {
      emitter.on(channel, listener);
      return () => emitter.off(channel, listener);
    },
    async close(): Promise<void> {
      closed = true;
      await client?.end();
      await listening;
    },
  };
}

export type Notifications = ReturnType<typeof listenForNotifications>;
