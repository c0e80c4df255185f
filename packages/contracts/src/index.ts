import * as account from './account.ts';
import * as accounts from './accounts.ts';
import * as admin from './admin.ts';
import * as adminUsers from './admin-users.ts';
import * as agents from './agents.ts';
import * as apiKeys from './api-keys.ts';
import * as audit from './audit.ts';
import * as backups from './backups.ts';
import * as billing from './billing.ts';
import * as channels from './channels.ts';
import * as chat from './chat.ts';
import * as clone from './clone.ts';
import * as controlUi from './control-ui.ts';
import * as conversations from './conversations.ts';
import type { Route } from './define-route.ts';
import * as health from './health.ts';
import * as instances from './instances.ts';
import * as interaction from './interaction.ts';
import * as lifecycle from './lifecycle.ts';
import * as logs from './logs.ts';
import * as messageImages from './message-images.ts';
import * as models from './models.ts';
import * as nodes from './nodes.ts';
import * as openclaw from './openclaw.ts';
import * as operations from './operations.ts';
import * as overview from './overview.ts';
import * as passkeys from './passkeys.ts';
import * as planRequests from './plan-requests.ts';
import * as providerKeys from './provider-keys.ts';
import * as provision from './provision.ts';
import * as usage from './usage.ts';
import * as verification from './verification.ts';
import * as wallets from './wallets.ts';
import * as workspace from './workspace.ts';

export type { AccountChange, AccountView, SessionView } from './account.ts';
export { type Me, SESSION_SECONDS } from './accounts.ts';
export type { AdminAgentView, InstallationHealth, SetupPart, SetupTest, TopSpenders, UserView } from './admin.ts';
export type { AgentConfig, AgentConfigChange, NewAgentConfig } from './agents.ts';
export type { WantedApiKey } from './api-keys.ts';
export type { AccountAuditEntry, AccountAuditFilters, AuditEntryView, AuditFilters, ListedAuditEntry } from './audit.ts';
export type { BackupSchedule, BackupView } from './backups.ts';
export type { Price } from './billing.ts';
export { maxBodyBytes } from './body-limit.ts';
export type { ChannelView } from './channels.ts';
export { MAX_WAITING_MESSAGES, type MessageView, type ReplyErrorKind, type ReplyFrame } from './chat.ts';
export { cloneTerms, type Specialization } from './clone.ts';
export { type ConversationView, MAX_TITLE_CHARACTERS } from './conversations.ts';
export { type Auth, isAudited, isIdempotent, type Method, pathParams, type Route, type Side, statusOf } from './define-route.ts';
export { AppError, type ErrorCode, errorTable, type Facade } from './errors.ts';
export type { Health } from './health.ts';
export { imageReference } from './image-reference.ts';
export { type ImageType, imageTypeOf, imageTypes, MAX_IMAGES_BYTES } from './image-type.ts';
export type { LastSeenStats, LiveStats, UsageHistory } from './instances.ts';
export { AGENTBOT_VERSION, API_VERSION, type Credential, type Instruction } from './interaction.ts';
export { type LogEntry, type LogFrame, type LogLevel, logLevels } from './logs.ts';
export type { ModelView } from './models.ts';
export { agentNamedIn } from './named-agent.ts';
export type { NodeView } from './nodes.ts';
export type { OpenclawVersion } from './openclaw.ts';
export { type OperationKind, type OperationView, operationKindSchema } from './operations.ts';
export type { AgentOverview, BudgetUse, OverviewFrame, OverviewRow } from './overview.ts';
export type { Page } from './paging.ts';
export { MAX_PASSKEYS, type PasskeyView } from './passkeys.ts';
export type { PlanRequestView, WaitingPlanRequest } from './plan-requests.ts';
export { ADMIN_AGENT_LIMIT, type Capacity, type Plan, planForTier, planResources, plans, type Tier } from './plans.ts';
export type { KeySource, ProviderKeyView } from './provider-keys.ts';
export type { ChannelProvision, ProvisionedFully } from './provision.ts';
export { hasScope, isScoped, neededScope, type Scope, scopeSchema } from './scopes.ts';
export type {
  AccountBudget,
  AccountBudgetChange,
  AccountLimits,
  Budget,
  BudgetChange,
  BudgetNotice,
  ModelTestResult,
  UsageReport,
} from './usage.ts';
export { budgetThresholds } from './usage.ts';
export type { VerificationType } from './verification.ts';
export { type CronJob, type FileInfo, type FileVersion, type ListedFile, MAX_FILE_BYTES, MAX_FILE_VERSIONS } from './workspace.ts';

/** Every operation of the API. Express mounts the routes, a check compares the web's files with them, and the clients get their types from them. */
export const routes = {
  getHealth: health.getHealth,
  register: accounts.register,
  verifyCredentials: accounts.verifyCredentials,
  signInWithProvider: accounts.signInWithProvider,
  challengePasskeySignIn: passkeys.challengePasskeySignIn,
  signInWithPasskey: passkeys.signInWithPasskey,
  signOut: accounts.signOut,
  getSignInOptions: accounts.getSignInOptions,
  requestPasswordReset: accounts.requestPasswordReset,
  resetPassword: accounts.resetPassword,
  getMe: accounts.getMe,
  getAccount: account.getAccount,
  updateAccount: account.updateAccount,
  deleteAccount: account.deleteAccount,
  exportAccount: account.exportAccount,
  listAccountSessions: account.listAccountSessions,
  endAccountSession: account.endAccountSession,
  listAccountPasskeys: passkeys.listAccountPasskeys,
  challengeAccountPasskey: passkeys.challengeAccountPasskey,
  addAccountPasskey: passkeys.addAccountPasskey,
  renameAccountPasskey: passkeys.renameAccountPasskey,
  removeAccountPasskey: passkeys.removeAccountPasskey,
  grantPlan: accounts.grantPlan,
  listPlans: billing.listPlans,
  requestPlan: planRequests.requestPlan,
  listNodes: nodes.listNodes,
  setNodeAvailability: nodes.setNodeAvailability,
  moveAgent: nodes.moveAgent,
  getPlanRequest: planRequests.getPlanRequest,
  listPlanRequests: planRequests.listPlanRequests,
  grantPlanRequest: planRequests.grantPlanRequest,
  refusePlanRequest: planRequests.refusePlanRequest,
  startCheckout: billing.startCheckout,
  openBillingPortal: billing.openBillingPortal,
  listUsers: admin.listUsers,
  createUser: adminUsers.createUser,
  withdrawPlan: adminUsers.withdrawPlan,
  setUserRole: adminUsers.setUserRole,
  setUserBlocked: adminUsers.setUserBlocked,
  deleteUser: adminUsers.deleteUser,
  createResetLink: adminUsers.createResetLink,
  listAllAgents: admin.listAllAgents,
  listTopSpenders: admin.listTopSpenders,
  getInstallationHealth: admin.getInstallationHealth,
  testSetup: admin.testSetup,
  listOverview: overview.listOverview,
  streamOverview: overview.streamOverview,
  getAgentOverview: overview.getAgentOverview,
  listAgents: agents.listAgents,
  createAgent: agents.createAgent,
  provisionAgent: agents.provisionAgent,
  listProvisionedAgents: agents.listProvisionedAgents,
  getCloneService: clone.getCloneService,
  cloneAgent: clone.cloneAgent,
  createWalletChallenge: wallets.createWalletChallenge,
  linkWallet: wallets.linkWallet,
  listWallets: wallets.listWallets,
  unlinkWallet: wallets.unlinkWallet,
  provisionWithChannels: provision.provisionWithChannels,
  deployAgent: provision.deployAgent,
  getOpenclawVersion: openclaw.getOpenclawVersion,
  listOpenclawVersions: openclaw.listOpenclawVersions,
  listInstances: openclaw.listInstances,
  getInstanceStats: openclaw.getInstanceStats,
  getAgent: agents.getAgent,
  updateAgentMetadata: agents.updateAgentMetadata,
  deleteAgent: agents.deleteAgent,
  getAgentConfig: agents.getAgentConfig,
  updateAgentConfig: agents.updateAgentConfig,
  getAgentToken: agents.getAgentToken,
  getVerification: verification.getVerification,
  createVerificationChallenge: verification.createVerificationChallenge,
  verifyAgent: verification.verifyAgent,
  removeVerification: verification.removeVerification,
  startAgent: lifecycle.startAgent,
  stopAgent: lifecycle.stopAgent,
  restartAgent: lifecycle.restartAgent,
  replaceAgentToken: lifecycle.replaceAgentToken,
  updateAgent: lifecycle.updateAgent,
  repairAgent: lifecycle.repairAgent,
  applyAgentConfig: lifecycle.applyAgentConfig,
  resetAgentMemory: lifecycle.resetAgentMemory,
  listOperations: operations.listOperations,
  getOperation: operations.getOperation,
  streamOperation: operations.streamOperation,
  cancelOperation: operations.cancelOperation,
  listBackups: backups.listBackups,
  createBackup: backups.createBackup,
  setBackupSchedule: backups.setBackupSchedule,
  restoreBackup: backups.restoreBackup,
  downloadBackup: backups.downloadBackup,
  deleteBackup: backups.deleteBackup,
  sendMessage: chat.sendMessage,
  streamReply: chat.streamReply,
  cancelReply: chat.cancelReply,
  listChat: chat.listChat,
  listMessages: chat.listMessages,
  readMessageImage: messageImages.readMessageImage,
  listConversations: conversations.listConversations,
  renameConversation: conversations.renameConversation,
  deleteConversation: conversations.deleteConversation,
  checkChannelToken: channels.checkChannelToken,
  listChannels: channels.listChannels,
  linkWhatsApp: channels.linkWhatsApp,
  unlinkWhatsApp: channels.unlinkWhatsApp,
  listAgentFiles: workspace.listAgentFiles,
  getAgentFile: workspace.getAgentFile,
  updateAgentFile: workspace.updateAgentFile,
  listAgentFileVersions: workspace.listAgentFileVersions,
  getAgentFileVersion: workspace.getAgentFileVersion,
  listCronJobs: workspace.listCronJobs,
  openControlUi: controlUi.openControlUi,
  askAgent: interaction.askAgent,
  tellAgent: interaction.tellAgent,
  getInstance: instances.getInstance,
  getInstanceUsage: instances.getInstanceUsage,
  getAgentStats: instances.getAgentStats,
  getAgentStatsHistory: instances.getAgentStatsHistory,
  listLogs: logs.listLogs,
  listLogStreams: logs.listLogStreams,
  streamLogs: logs.streamLogs,
  getLogHistory: logs.getLogHistory,
  stopLogStream: logs.stopLogStream,
  getAgentUsage: usage.getAgentUsage,
  setAgentBudget: usage.setAgentBudget,
  getAccountUsage: usage.getAccountUsage,
  exportUsage: usage.exportUsage,
  setAccountBudget: usage.setAccountBudget,
  testModel: usage.testModel,
  testNewModel: usage.testNewModel,
  listModels: models.listModels,
  listAgentModels: models.listAgentModels,
  getModelKey: providerKeys.getModelKey,
  listProviderKeys: providerKeys.listProviderKeys,
  deleteProviderKey: providerKeys.deleteProviderKey,
  saveProviderKey: providerKeys.saveProviderKey,
  listInstallationKeys: providerKeys.listInstallationKeys,
  saveInstallationKey: providerKeys.saveInstallationKey,
  deleteInstallationKey: providerKeys.deleteInstallationKey,
  listApiKeys: apiKeys.listApiKeys,
  createApiKey: apiKeys.createApiKey,
  deleteApiKey: apiKeys.deleteApiKey,
  listAudit: audit.listAudit,
  exportAudit: audit.exportAudit,
  listAllAudit: audit.listAllAudit,
  exportAllAudit: audit.exportAllAudit,
} as const satisfies Record<string, Route>;

export type RouteId = keyof typeof routes;
export { hasVisibleCharacter } from './visible-text.ts';
