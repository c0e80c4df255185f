import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestClient, http, publicActions, walletActions } from 'viem';
import { mainnet, tempo } from 'viem/chains';

/** The path of this platform's binary. It is started directly, without npm's wrapper, so that a kill reaches it. */
function anvilBinary(): string {
  const require = createRequire(createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json'));
  const platform = process.platform === 'win32' ? 'win32' : process.platform;
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  return require.resolve(`@foundry-rs/anvil-${platform}-${arch}/bin/anvil${platform === 'win32' ? '.exe' : ''}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/**
 * Starts a real local EVM (anvil), by default Tempo with its TIP-20 tokens; each transaction creates a block.
 * @param startsAt the start of the chain's clock, in seconds since 1970
 */
export async function startChain({ chainId = tempo.id as number, startsAt }: { chainId?: number; startsAt?: number } = {}) {
  const port = await freePort();
  const network = chainId === tempo.id ? ['--network', 'tempo'] : [];
  const clock = startsAt ? ['--timestamp', String(startsAt)] : [];
  const child = spawn(anvilBinary(), [...network, '--chain-id', String(chainId), '--port', String(port), '--silent', ...clock], {
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  const chain = { ...(chainId === tempo.id ? tempo : mainnet), id: chainId };
  const client = createTestClient({ mode: 'anvil', chain, transport: http(url, { retryCount: 0 }), pollingInterval: 20 })
    .extend(publicActions)
    .extend(walletActions);
  for (let tries = 0; ; tries++) {
    if (await client.getChainId().catch(() => undefined)) break;
    if (tries > 200) throw new Error('anvil did not start');
    await sleep(25);
  }
  return {
    url,
    client,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

export type TestChain = Awaited<ReturnType<typeof startChain>>;
