import type { Context } from '../../domain/context.ts';
import type { Handlers } from '../mount-routes.ts';
import { accountHandlers } from './account.ts';
import { accountsHandlers } from './accounts.ts';
import { adminHandlers } from './admin.ts';
import { adminUsersHandlers } from './admin-users.ts';
import { agentsHandlers } from './agents.ts';
import { apiKeysHandlers } from './api-keys.ts';
import { auditHandlers } from './audit.ts';
import { backupsHandlers } from './backups.ts';
import { billingHandlers } from './billing.ts';
import { channelsHandlers } from './channels.ts';
import { chatHandlers } from './chat.ts';
import { cloneHandlers } from './clone.ts';
import { conversationsHandlers } from './conversations.ts';
import { healthHandlers } from './health.ts';
import { instancesHandlers } from './instances.ts';
import { interactionHandlers } from './interaction.ts';
import { lifecycleHandlers } from './lifecycle.ts';
import { logsHandlers } from './logs.ts';
import { modelsHandlers } from './models.ts';
import { nodesHandlers } from './nodes.ts';
import { openclawHandlers } from './openclaw.ts';
import { operationsHandlers } from './operations.ts';
import { overviewHandlers } from './overview.ts';
import { passkeysHandlers } from './passkeys.ts';
import { planRequestsHandlers } from './plan-requests.ts';
import { providerKeysHandlers } from './provider-keys.ts';
import { provisionHandlers } from './provision.ts';
import { usageHandlers } from './usage.ts';
import { verificationHandlers } from './verification.ts';
import { walletsHandlers } from './wallets.ts';
import { workspaceHandlers } from './workspace.ts';

/** A handler for every route of the contract. It calls the verb and presents the result in the shape of the caller's facade. */
export function createHandlers(context: Context): Handlers {
  return {
    ...accountHandlers(context),
    ...accountsHandlers(context),
    ...adminHandlers(context),
    ...adminUsersHandlers(context),
    ...agentsHandlers(context),
    ...apiKeysHandlers(context),
    ...auditHandlers(context),
    ...backupsHandlers(context),
    ...billingHandlers(context),
    ...channelsHandlers(context),
    ...chatHandlers(context),
    ...cloneHandlers(context),
    ...conversationsHandlers(context),
    ...healthHandlers(context),
    ...instancesHandlers(context),
    ...interactionHandlers(context),
    ...lifecycleHandlers(context),
    ...logsHandlers(context),
    ...modelsHandlers(context),
    ...openclawHandlers(context),
    ...nodesHandlers(context),
    ...operationsHandlers(context),
    ...overviewHandlers(context),
    ...passkeysHandlers(context),
    ...planRequestsHandlers(context),
    ...providerKeysHandlers(context),
    ...provisionHandlers(context),
    ...usageHandlers(context),
    ...verificationHandlers(context),
    ...walletsHandlers(context),
    ...workspaceHandlers(context),
  };
}
