import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import { connect } from './engine-client.ts';

test('util.inspect shows the HTTP agent of a client without its sockets', async () => {
  const engine = createServer((_request, response) => response.setHeader('content-type', 'application/json').end('{}'));
  await new Promise<void>((resolve) => engine.listen(0, '127.0.0.1', resolve));
  try {
    const docker = connect(`http://127.0.0.1:${(engine.address() as AddressInfo).port}`, 5_000);
    await Promise.all(Array.from({ length: 20 }, () => docker.version()));
    const connections = await new Promise((resolve) => engine.getConnections((_error, count) => resolve(count)));
    expect(connections).toBe(20);
    const { agent } = docker.modem as unknown as { agent: object };
    // With the options of docker-modem.
    expect(inspect({ agent }, { showHidden: true, depth: null }).length).toBeLessThan(100);
  } finally {
    engine.close();
    engine.closeAllConnections();
  }
});
