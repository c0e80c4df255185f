import { AppError, cloneTerms } from '@agentbot/contracts';
import { webAgentLimit } from '../domain/accounts/accounts.ts';
import { createApiKey, deleteApiKey, listApiKeys } from '../domain/accounts/api-keys.ts';
import { requestPasswordReset, resetPassword } from '../domain/accounts/password-reset.ts';
import { endSession } from '../domain/accounts/sessions.ts';
import { createSignInThrottle } from '../domain/accounts/sign-in-throttle.ts';
import {
  agentConfigView,
  agentDetails,
  backendStatus,
  createdAgent,
  deployment,
  instance,
  instanceDetails,
  listedAgent,
  provisionedAgent,
  updatedAgent,
  webAgent,
} from '../domain/agents/agent-view.ts';
import { getAgent, listAgents } from '../domain/agents/agents.ts';
import { createAgent } from '../domain/agents/create-agent.ts';
import { updateAgent } from '../domain/agents/update-agent.ts';
import { exportAudit, listAudit } from '../domain/audit/list-audit.ts';
import { createBackup, deleteBackup, downloadBackup, listBackups, restoreBackup, setBackupSchedule } from '../domain/backups/backups.ts';
import { openBillingPortal, startCheckout } from '../domain/billing/checkout.ts';
import { createPlanOffers } from '../domain/billing/plan-offers.ts';
import { linkWhatsApp, listChannels, unlinkWhatsApp } from '../domain/channels/channels.ts';
import { checkChannelToken } from '../domain/channels/check-token.ts';
import { platformImage } from '../domain/containers/platform-image.ts';
import type { Context } from '../domain/context.ts';
import { listChat, listMessages } from '../domain/conversations/list-messages.ts';
import { sendMessage } from '../domain/conversations/send-message.ts';
import { streamReply } from '../domain/conversations/stream-reply.ts';
import { askAgent } from '../domain/interaction/ask-agent.ts';
import { tellAgent } from '../domain/interaction/tell-agent.ts';
import { agentToken } from '../domain/operations/agent-token.ts';
import { cancelOperation } from '../domain/operations/cancel-operation.ts';
import { listOperations } from '../domain/operations/operations.ts';
import { deleteAgent, runOperation, startAgent, updateAgentImage } from '../domain/operations/run-operation.ts';
import { getOperation, streamOperation } from '../domain/operations/watch-operation.ts';
import { installationHealth } from '../domain/overview/installation-health.ts';
import { listAllAgents, listUsers } from '../domain/overview/list-everything.ts';
import { agentOverview, listOverview } from '../domain/overview/overview.ts';
import { streamOverview } from '../domain/overview/stream-overview.ts';
import { deployAgent } from '../domain/provisioning/deploy-agent.ts';
import { provisionAgent } from '../domain/provisioning/provision-agent.ts';
import { provisionWithChannels } from '../domain/provisioning/provision-with-channels.ts';
import { listLogs } from '../domain/telemetry/logs/list-logs.ts';
import { activeLogs, logHistory, stopLogs, streamLogs } from '../domain/telemetry/logs/live-logs.ts';
import { agentStats } from '../domain/telemetry/stats/agent-stats.ts';
import { instanceStats } from '../domain/telemetry/stats/instance-stats.ts';
import { usageHistory } from '../domain/telemetry/stats/usage-history.ts';
import { verificationView } from '../domain/verification/verification-view.ts';
import { tenantOf, userOf } from '../shared/actor.ts';
import { newId } from '../shared/ids.ts';
import type { Handlers } from './mount-routes.ts';
import { nextPage } from './next-page.ts';

// Few requests are about these, and what speaks to chains and passkeys takes long to load: it comes with the first of them.
const cloning = async () => ({
  ...(await import('../domain/cloning/clone-agent.ts')),
  ...(await import('../domain/cloning/payment-terms.ts')),
});
const verification = () => import('../domain/verification/verification.ts');
const wallets = () => import('../domain/verification/wallets.ts');

/** One line per operation of the contract: call the verb, present its result for the caller's side. */
export function createHandlers(context: Context): Handlers {
  const { accounts, config, database, host } = context;
  const throttled = createSignInThrottle(context);
  const planOffers = createPlanOffers(context);

  return {
    getHealth: async () => ({
      status: 'ok',
      timestamp: new Date().toISOString(),
      docker: (await host.available()) ? 'available' : 'unavailable',
      provisioning: config.PROVISIONING_ENABLED ? 'enabled' : 'disabled',
    }),

    register: async ({ body }) => {
      const { id, email } = await accounts.register(body);
      return { id, email };
    },
    verifyCredentials: async ({ body, ip, userAgent }) => {
      const { id, email, name, session } = await throttled(body.email, ip, () => accounts.signIn(body, userAgent));
      return { id, email, name, session };
    },
    signInWithProvider: async ({ body, userAgent }) => {
      const { id, email, name, session } = await accounts.signInWith(body, userAgent);
      return { id, email, name, session };
    },
    signOut: async ({ body }) => ({ id: (await endSession(database, body.session)).ownerId }),
    getSignInOptions: async () => ({ passwordReset: Boolean(config.SMTP_URL) }),
    requestPasswordReset: async ({ body }) => {
      await requestPasswordReset(context, body.email);
      return { success: true };
    },
    resetPassword: async ({ body }) => {
      await resetPassword(context, body);
      return { success: true };
    },
    getMe: async ({ actor }) => {
      const account = await accounts.find(userOf(actor));
      const { tester: _tester, emailIsTheirs: _emailIsTheirs, ...shown } = account;
      const agentCount = await database.as(tenantOf(actor), (tx) => tx.agent.count({ where: { ownerId: account.id } }));
      return { ...shown, agentLimit: webAgentLimit(account), agentCount };
    },
    grantPlan: async ({ params, body }) => {
      const { id, email, plan } = await accounts.grantPlan(params.id, body.plan);
      return { id, email, plan };
    },

    listPlans: async () => ({ ...(await planOffers()), status: 'ok' }),
    startCheckout: ({ actor, query }) => startCheckout(context, actor, query.plan),
    openBillingPortal: ({ actor }) => openBillingPortal(context, actor),
    listUsers: ({ query }) => listUsers(context, query),
    listAllAgents: ({ query }) => listAllAgents(context, query),
    getInstallationHealth: async () => ({ health: await installationHealth(context), status: 'ok' }),

    listOverview: async ({ actor }) => ({ agents: await listOverview(context, actor), status: 'ok' }),
    streamOverview: async ({ actor, query }) => streamOverview(context, actor, query.agentId),
    getAgentOverview: async ({ actor, params }) => ({ agent: await agentOverview(context, actor, params.id), status: 'ok' }),

    listAgents: async ({ actor, facade, query, header }) => {
      const known = actor && actor.kind !== 'web' ? await listAgents(context, actor, query) : { agents: [] };
      nextPage(header, query, known);
      if (facade === 'backend') return known.agents.map((agent) => listedAgent(agent, config));
      const agents = known.agents.map((agent) => webAgent(agent, config));
      return { agents, count: agents.length, status: 'ok' };
    },
    createAgent: async ({ actor, body, resourceName }) =>
      createdAgent(await createAgent(context, actor, body, resourceName && newId('agent', resourceName)), config),
    getAgent: async ({ actor, params, facade }) => {
      const agent = agentDetails(await getAgent(context, actor, params.id), config);
      return facade === 'web' ? { agent, status: 'ok' } : agent;
    },
    updateAgentMetadata: async ({ actor, params, body }) => updatedAgent(await updateAgent(context, actor, params.id, body), config),
    getAgentConfig: async ({ actor, params }) => ({ config: agentConfigView(await getAgent(context, actor, params.id)), status: 'ok' }),
    updateAgentConfig: async ({ actor, params, body: { config: wrapped, ...plain } }) => {
      const agent = await updateAgent(context, actor, params.id, { config: { ...plain, ...wrapped } });
      return { config: agentConfigView(agent), status: 'updated' };
    },
    getAgentToken: async ({ actor, params, requestId }) => ({ token: await agentToken(context, actor, params.id, requestId) }),
    getVerification: async ({ actor, params }) => verificationView(await getAgent(context, actor, params.id)),
    createVerificationChallenge: async ({ actor, params, body }) =>
      (await verification()).createVerificationChallenge(context, actor, params.id, body),
    verifyAgent: async ({ actor, params, body }) => {
      const agent = await (await verification()).verifyAgent(context, actor, params.id, body);
      const { verified, verificationType, attestationUid, verifiedAt } = verificationView(agent);
      return { success: true, verified, verificationType, attestationUid, verifiedAt };
    },
    removeVerification: async ({ actor, params }) => {
      await (await verification()).removeVerification(context, actor, params.id);
      return { success: true };
    },
    deleteAgent: async ({ actor, params, requestId }) => {
      await deleteAgent(context, actor, params.id, requestId);
      return { id: params.id, deleted: true };
    },
    provisionAgent: async ({ actor, body, requestId, resourceName }) => {
      const agent = await provisionAgent(context, actor, body, requestId, resourceName && newId('agent', resourceName));
      return { success: true, agent: provisionedAgent(agent, config) };
    },
    provisionWithChannels: async ({ actor, body, facade, requestId, resourceName, contactEmail, about }) => {
      const full = await provisionWithChannels(context, actor, body, { requestId, name: resourceName, contactEmail });
      about(full.agentId);
      if (facade === 'backend') return full;
      const { success, userId, subdomain, url, streamKey, liveStreamId } = full;
      return { success, userId, subdomain, url, streamKey, liveStreamId };
    },
    deployAgent: async ({ actor, body, requestId, status }) => {
      const { agent, already } = await deployAgent(context, actor, body, requestId);
      if (already) status(200);
      return deployment(agent, config);
    },
    getCloneService: async () => cloneTerms,
    cloneAgent: async ({ actor, body, requestId, header }) => {
      const { cloneAgent, paymentTerms } = await cloning();
      return cloneAgent(context, actor, body, requestId).catch((error) => {
        if (!(error instanceof AppError) || error.code !== 'PAYMENT_NOT_VERIFIED') throw error;
        const terms = paymentTerms(config);
        for (const [name, value] of Object.entries(terms.headers)) header(name, value);
        throw new AppError(error.code, error.message, { details: { ...error.details, ...terms.body } });
      });
    },
    createWalletChallenge: async ({ actor, body }) => (await wallets()).createWalletChallenge(context, actor, body.address),
    linkWallet: async ({ actor, body }) => (await wallets()).linkWallet(context, actor, body),
    listWallets: async ({ actor }) => ({ wallets: await (await wallets()).listWallets(context, actor) }),
    unlinkWallet: async ({ actor, params }) => {
      await (await wallets()).unlinkWallet(context, actor, params.address);
      return { address: params.address, deleted: true };
    },
    getOpenclawVersion: () => platformImage(context),
    listInstances: async ({ actor, query, header }) => {
      const known = await listAgents(context, actor, query, { state: 'running', runtime: 'container' });
      nextPage(header, query, known);
      return { instances: known.agents.map(instance), count: known.agents.length };
    },
    getInstanceStats: ({ actor, params }) => instanceStats(context, actor, params.id),
    listProvisionedAgents: async ({ actor, query, header }) => {
      const known = await listAgents(context, actor, query);
      nextPage(header, query, known);
      const agents = known.agents.map((agent) => webAgent(agent, config));
      return { success: true, agents, count: agents.length };
    },

    startAgent: async ({ actor, params, requestId }) => {
      await startAgent(context, actor, params.id, requestId);
      return { success: true, status: 'active' };
    },
    stopAgent: async ({ actor, params, requestId }) => {
      await runOperation(context, actor, params.id, 'stop', requestId);
      return { success: true, status: 'stopped' };
    },
    restartAgent: async ({ actor, params, requestId }) => {
      const { agent, operation } = await runOperation(context, actor, params.id, 'restart', requestId);
      if (!agent) throw new AppError('AGENT_NOT_FOUND');
      const { healMessage = '' } = operation.result as { healMessage?: string };
      return {
        success: true,
        status: 'active',
        healedLegacyModel: healMessage !== '',
        healMessage,
        openclawVersion: agent.openclawVersion ?? 'unknown',
      };
    },
    updateAgent: async ({ actor, params, body, requestId }) => {
      const { agent, previousImage, backupPath } = await updateAgentImage(context, actor, params.id, body.image, requestId);
      return {
        success: true,
        status: backendStatus(agent.state),
        image: agent.image ?? '',
        previousImage,
        backupPath,
        openclawVersion: agent.openclawVersion ?? 'unknown',
      };
    },
    repairAgent: async ({ actor, params, requestId }) => {
      await runOperation(context, actor, params.id, 'repair', requestId);
      return { success: true, message: 'Agent repaired successfully' };
    },
    resetAgentMemory: async ({ actor, params, requestId }) => {
      await runOperation(context, actor, params.id, 'reset-memory', requestId);
      return { success: true, message: 'Memory reset successfully' };
    },
    listOperations: async ({ actor, params, query, header }) => {
      await getAgent(context, actor, params.id);
      const known = await listOperations(database, tenantOf(actor), params.id, query);
      nextPage(header, query, known);
      return { operations: known.operations, status: 'ok' };
    },
    getOperation: async ({ actor, params }) => ({
      operation: await getOperation(context, actor, params.id, params.operationId),
      status: 'ok',
    }),
    cancelOperation: async ({ actor, params }) => ({
      operation: await cancelOperation(context, actor, params.id, params.operationId),
      status: 'ok',
    }),
    streamOperation: ({ actor, params }) => streamOperation(context, actor, params.id, params.operationId),

    listBackups: async ({ actor, params }) => ({ ...(await listBackups(context, actor, params.id)), status: 'ok' }),
    createBackup: async ({ actor, params, requestId }) => ({
      backup: await createBackup(context, actor, params.id, requestId),
      status: 'ok',
    }),
    setBackupSchedule: async ({ actor, params, body }) => ({
      schedule: await setBackupSchedule(context, actor, params.id, body),
      status: 'updated',
    }),
    restoreBackup: async ({ actor, params, requestId }) => {
      const { agent } = await restoreBackup(context, actor, params.id, params.backupId, requestId);
      if (!agent) throw new AppError('AGENT_NOT_FOUND');
      return { success: true, status: backendStatus(agent.state), message: 'Backup restored successfully' };
    },
    downloadBackup: ({ actor, params }) => downloadBackup(context, actor, params.id, params.backupId),
    deleteBackup: async ({ actor, params }) => {
      await deleteBackup(context, actor, params.id, params.backupId);
      return { id: params.backupId, deleted: true };
    },

    sendMessage: async ({ actor, body, resourceName, about }) => {
      const { message, reply } = await sendMessage(context, actor, body, newId('msg', resourceName));
      about(message.agentId);
      const { id, content, topic, createdAt } = message;
      return { id, message: content, topic: topic ?? 'general', status: 'sent', timestamp: createdAt.toISOString(), reply };
    },
    streamReply: ({ actor, params }) => streamReply(context, actor, params.messageId),
    listChannels: async ({ actor, params }) => ({ channels: await listChannels(context, actor, params.id), status: 'ok' }),
    checkChannelToken: async ({ body }) => ({ account: await checkChannelToken(context, body.channel, body.token), status: 'ok' }),
    linkWhatsApp: ({ actor, params }) => linkWhatsApp(context, actor, params.id),
    unlinkWhatsApp: async ({ actor, params }) => {
      await unlinkWhatsApp(context, actor, params.id);
      return { success: true, status: 'pairing' };
    },
    askAgent: ({ actor, query }) => askAgent(context, actor, query),
    tellAgent: ({ actor, body, requestId, resourceName, about }) =>
      tellAgent(context, actor, body, { requestId, name: resourceName, about }),
    getInstance: async ({ actor, params }) => instanceDetails(await getAgent(context, actor, params.userId), config),
    getInstanceUsage: async ({ actor, params }) => {
      const { state, plan, openclawVersion } = await getAgent(context, actor, params.userId);
      const { cpu, memory } = await instanceStats(context, actor, params.userId);
      return { userId: params.userId, cpu, memory: memory.split(' / ')[0], status: state, plan, openclawVersion };
    },
    getAgentStats: ({ actor, params }) => agentStats(context, actor, params.id),
    getAgentStatsHistory: ({ actor, params, query }) => usageHistory(context, actor, params.id, query.range),
    listLogs: ({ actor, params, query }) => listLogs(context, actor, params.id, query),
    streamLogs: ({ actor, params, query }) => streamLogs(context, actor, params.agentId, query.lastEventId),
    getLogHistory: ({ actor, params }) => logHistory(context, actor, params.agentId),
    stopLogStream: async ({ actor, params }) => {
      await stopLogs(context, actor, params.agentId);
      return { success: true };
    },
    listLogStreams: async ({ actor }) => ({ streams: await activeLogs(context, actor) }),
    listChat: ({ actor }) => listChat(context, actor),
    listApiKeys: async ({ actor }) => ({ keys: await listApiKeys(context, actor) }),
    createApiKey: ({ actor, body, resourceName }) => createApiKey(context, actor, body, resourceName),
    deleteApiKey: async ({ actor, params }) => {
      await deleteApiKey(context, actor, params.id);
      return { id: params.id, deleted: true };
    },
    listAudit: async ({ actor, query, header }) => {
      const known = await listAudit(context, actor, query);
      nextPage(header, query, known);
      return { entries: known.entries, status: 'ok' };
    },
    exportAudit: ({ actor, query }) => exportAudit(context, actor, query.agentId),
    listMessages: ({ actor, params, query }) => listMessages(context, actor, params.id, query),
  };
}
