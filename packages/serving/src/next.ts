import { Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import { drainable, LINGER_MS, openHealthSocket } from './serving.ts';

/**
 * Loaded before Next's own server (`node --import`), which has no option for what this adds: the port is shared with other
 * processes (`SO_REUSEPORT`), the health check has a Unix socket of its own (`HEALTH_SOCKET`), and after SIGTERM, when Next
 * closes the server, requests have `DRAIN_SECONDS` to end, and no connection is cut while a request is on its way.
 */
const { HEALTH_SOCKET, DRAIN_SECONDS } = process.env;

Server.prototype.listen = function listen(this: Server, port: number, host: string) {
  // A browser opens a stream again when its connection ends; Next would write on after the end of a response.
  const drain = drainable(this, { drainMs: Number(DRAIN_SECONDS || 60) * 1000, lingerMs: LINGER_MS }, (response) => response.destroy());
  this.close = (done) => {
    drain().then(() => done?.(), done);
    return this;
  };
  if (HEALTH_SOCKET) this.once('listening', () => openHealthSocket(this, HEALTH_SOCKET));
  return NetServer.prototype.listen.call(this, { port, host, reusePort: true });
} as Server['listen'];
