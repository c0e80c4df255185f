import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { drainable, LINGER_MS, openHealthSocket, trackConnections } from '@agentbot/serving';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import { recordPlatformImage } from '../domain/containers/platform-image.ts';
import type { Context } from '../domain/context.ts';
import { warmPlatformImage } from '../domain/provisioning/warm-image.ts';
import { createEgressProxy } from '../edge/egress-proxy/egress-proxy.ts';
import { createGatewayRouter } from '../edge/gateway-router/gateway-router.ts';
import { createModelGateway } from '../edge/model-gateway/model-gateway.ts';
import { createForwardedAddress } from '../http/forwarded-address.ts';
import { migrate } from '../infra/database/migrate.ts';
import { warnOfOwnerRights } from '../infra/database/owner-rights.ts';
import { createCredentials } from '../infra/swarm/credentials.ts';
import { systemClock } from '../shared/clock.ts';
import { serverLimits } from '../shared/server-limits.ts';
import { connectGateways } from '../workers/gateway-connector.ts';
import { startMaintenance } from '../workers/maintenance.ts';
import { startWorker } from '../workers/operation-worker.ts';
import { runReconciler } from '../workers/reconciler.ts';
import { resumeReplies } from '../workers/reply-resumer.ts';
import { collectTelemetry } from '../workers/telemetry-collector.ts';
import { createContext } from './create-context.ts';
import { createApp } from './http-app.ts';

/**
 * @param setting the name and value of the setting with the port
 * @param isShared whether several backends on one machine share the port, each with a part of the connections
 * @returns the port
 * @throws Error that names the setting when the port is in use
 */
async function listen(server: NetServer, [setting, port]: [string, number], host: string, isShared = false): Promise<number> {
  server.listen({ port, host, reusePort: isShared });
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRINUSE') throw cause;
    throw new Error(`Port ${port} is in use: stop what listens there, or set ${setting}`, { cause });
  });
  return (server.address() as AddressInfo).port;
}

/** Starts the egress proxy on all addresses, since each agent reaches it in its own network. */
async function openEgress(context: Context, port: number): Promise<{ server: NetServer; close: () => void }> {
  const server = createEgressProxy(context);
  const destroyConnections = trackConnections(server);
  // On a swarm's node the node's service listens beside it.
  await listen(server, ['EGRESS_PORT', port], '0.0.0.0', context.swarm !== undefined || context.config.SHARE_PORTS);
  return {
    server,
    close() {
      server.close();
      destroyConnections();
    },
  };
}

/** Starts the server for the traffic of agents on a swarm's nodes. @returns a function that closes it */
async function openTraffic(config: Config, models: Server, egress: NetServer | undefined): Promise<() => void> {
  const { createTrafficServer } = await import('../edge/node-service/agent-traffic.ts');
  const credentials = createCredentials(config.SWARM_CERTIFICATES, 'backend');
  const server = createTrafficServer(credentials, config.AGENT_SUBNET, { models, egress });
  const destroyConnections = trackConnections(server);
  await listen(server, ['SWARM_TRAFFIC_PORT', config.SWARM_TRAFFIC_PORT], '0.0.0.0', true);
  return () => {
    server.close();
    destroyConnections();
  };
}

/** Starts the whole backend. `stop` drains: requests finish, jobs return to the queue, connections close. */
export async function startServer(config: Config, log: Logger, clock = systemClock) {
  if (config.MIGRATE_ON_START) {
    const applied = await migrate(config.DATABASE_URL);
    if (applied.length) log.info({ migrations: applied.length, last: applied.at(-1) }, 'the database was migrated');
  }
  const context = await createContext(config, log, clock);
  if (config.NODE_ENV === 'production') await warnOfOwnerRights(context);
  // The journal runs before the first request arrives, and until after the last one ends.
  await context.journal.sendHeartbeat();
  context.background(context.journal.run(context.closing));
  const http = createServer(serverLimits, createApp(context));
  const gateway = createGatewayRouter(context, createForwardedAddress(config.TRUST_PROXY));
  const models = createModelGateway(context);
  const drainOptions = { drainMs: config.DRAIN_SECONDS * 1000, lingerMs: config.SHARE_PORTS ? LINGER_MS : 0 };
  const drains = [http, gateway, models].map((server) => drainable(server, drainOptions));
  const egress = config.EGRESS_PORT ? await openEgress(context, config.EGRESS_PORT) : undefined;
  await recordPlatformImage(context);
  context.background(warmPlatformImage(context));
  const port = await listen(http, ['BACKEND_PORT', config.BACKEND_PORT], config.BACKEND_HOST, config.SHARE_PORTS);
  const gatewayPort = await listen(gateway, ['GATEWAY_PORT', config.GATEWAY_PORT], config.BACKEND_HOST, config.SHARE_PORTS);
  const modelGatewayPort = await listen(models, ['MODEL_GATEWAY_PORT', config.MODEL_GATEWAY_PORT], '0.0.0.0', true);
  const closeTraffic = context.swarm && (await openTraffic(config, models, egress?.server));
  if (config.HEALTH_SOCKET) await openHealthSocket(http, config.HEALTH_SOCKET);
  if (await context.host.available()) await context.firewall.ensure();
  await startWorker(context);
  await startMaintenance(context);
  const stopping = new AbortController();
  const reconciling = Promise.all(
    [runReconciler, resumeReplies, connectGateways, collectTelemetry].map((task) => task(context, stopping.signal)),
  );
  log.info({ port, gatewayPort, modelGatewayPort }, 'listening');

  return {
    port,
    gatewayPort,
    modelGatewayPort,
    context,
    async stop() {
      stopping.abort();
      await Promise.all([context.logs.close(), reconciling, ...drains.map((drain) => drain())]);
      egress?.close();
      closeTraffic?.();
      await context.close();
    },
  };
}
