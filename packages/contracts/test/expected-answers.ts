import { type DocumentedOperation, documentedOperations, isInContract } from './agents-api.ts';

// What the system must answer, from the contract's text. Where a ruling changes or adds an answer, it stands in this file
// with its reason, and nowhere else. Nothing here is read from the code under test.

interface Ruling {
  /** The beginning of the contract's line. */
  line: string;
  sent: string[];
  /** Sentences of the backend's verbs: the route table does not hold them. */
  thrown?: string[];
  because: string;
}

/** Contract lines that describe a sentence, or that a ruling changes, with the sentence that is sent and the reason. */
export const rulings: Ruling[] = [
  { line: 'Agent not found or not owned by user', sent: ['Agent not found'], because: 'the line explains the sentence' },
  { line: 'Agent not found or agent configuration not found', sent: ['Agent not found'], because: 'every agent has a configuration' },
  {
    line: 'Agent limit reached for your plan',
    sent: ['Agent limit reached for your plan'],
    because: 'the line goes on to describe the body',
  },
  { line: 'Update failed. When', sent: ['Failed to update agent'], because: 'the line describes what follows a failure' },
  { line: 'Unauthorized (handled', sent: ['Unauthorized'], because: 'the line explains the sentence' },
  {
    line: 'At least one channel token required',
    sent: ['At least one channel token required (Telegram, WhatsApp, or Discord)', 'Invalid aiProvider'],
    because: 'the line names two cases',
  },
  { line: 'Invalid plan value.', sent: ['Invalid plan'], because: 'the parameter table says "400 with the message Invalid plan"' },
  {
    line: 'Active subscription required. Returned',
    sent: [],
    thrown: ['Active subscription required'],
    because: 'the line goes on to say when',
  },
  { line: 'Provisioning service unavailable', sent: ['Backend service unavailable'], because: 'the web has one sentence for this' },
  {
    line: 'Provisioning is temporarily disabled (',
    sent: ['Provisioning is temporarily disabled'],
    because: 'the line explains the sentence',
  },
  {
    line: 'agentId is required, Invalid',
    sent: ['agentId is required', 'Invalid agentId'],
    thrown: ['telegramToken is required'],
    because: 'the line names three cases',
  },
  { line: 'Deployment failed. When', sent: ['Deployment failed'], because: 'the line goes on to describe the reason' },
  { line: 'Invalid action or missing', sent: ['Invalid action', 'Message required'], because: 'the line names two cases' },
];

const rulingOn = (text: string): Ruling | undefined => rulings.find(({ line }) => text.startsWith(line));

/** The sentences of the route table that a line of an error table stands for. */
export const sentencesForLine = (text: string): string[] => rulingOn(text)?.sent ?? [text];

/** The beginning of a code's lines in the contract's error tables. */
const lineOf: Record<string, string> = {
  UNAUTHORIZED: 'Unauthorized',
  PAYMENT_REQUIRED: 'Active subscription required',
  PAYMENT_NOT_VERIFIED: 'Invalid payment proof',
  AGENT_LIMIT_REACHED: 'Agent limit reached',
  AGENT_NOT_FOUND: 'Agent not found',
  SESSION_NOT_FOUND: 'Session not found',
  PROVISIONING_DISABLED: 'Provisioning is temporarily disabled',
};

interface Addition {
  status: number;
  /** Absent where each case has a sentence of its own, which its test gives. */
  sentence?: string;
  because: string;
}

const ownDoor = 'an operation beyond the contract';
/** Answers that no error table of the contract has. */
const additions: Record<string, Addition> = {
  INVALID_REQUEST: { status: 400, because: 'ruling 13: the sentence names the field' },
  FORBIDDEN: { status: 403, sentence: 'Forbidden', because: 'the contract’s word for a foreign instance' },
  BACKEND_UNAVAILABLE: { status: 502, sentence: 'Backend service unavailable', because: 'the contract’s lifecycle table, for every route' },
  INSUFFICIENT_SCOPE: { status: 403, sentence: 'This API key does not allow this request', because: 'keys have scopes' },
  MESSAGE_NOT_FOUND: { status: 404, sentence: 'Message not found', because: ownDoor },
  OPERATION_NOT_FOUND: { status: 404, sentence: 'Operation not found', because: ownDoor },
  BACKUP_NOT_FOUND: { status: 404, sentence: 'Backup not found', because: ownDoor },
  FILE_NOT_FOUND: { status: 404, sentence: 'File not found', because: ownDoor },
  FILE_VERSION_NOT_FOUND: { status: 404, sentence: 'Version not found', because: ownDoor },
  IMAGE_NOT_FOUND: { status: 404, sentence: 'Image not found', because: ownDoor },
  USER_NOT_FOUND: { status: 404, sentence: 'User not found', because: ownDoor },
  API_KEY_NOT_FOUND: { status: 404, sentence: 'API key not found', because: ownDoor },
  PROVIDER_KEY_NOT_FOUND: { status: 404, sentence: 'There is no key for this provider', because: ownDoor },
  NODE_NOT_FOUND: { status: 404, sentence: 'Node not found', because: ownDoor },
  UNKNOWN_PASSKEY: {
    status: 401,
    sentence: 'This passkey does not sign in here: it was removed, or it verifies agents only. Sign in another way',
    because: 'a removed passkey may still be on the device',
  },
  PASSKEY_COPIED: {
    status: 403,
    sentence: 'This passkey was refused because a copy of it may be in use. Sign in another way, then remove it under Account',
    because: 'WebAuthn, section 6.1.1: the signature counter did not grow',
  },
  PASSKEY_NOT_FOUND: { status: 404, sentence: 'Passkey not found', because: ownDoor },
  PASSKEY_TAKEN: {
    status: 409,
    sentence: 'This passkey is registered already',
    because: 'WebAuthn, section 7.1: a credential belongs to one account',
  },
  PASSKEY_LIMIT_REACHED: { status: 409, sentence: 'Passkey limit reached', because: ownDoor },
  CHALLENGE_EXPIRED: {
    status: 409,
    sentence: 'The request for the passkey has expired or was used already. Try again',
    because: 'a challenge is valid once and for five minutes',
  },
  WALLET_NOT_FOUND: { status: 404, sentence: 'Wallet not found', because: ownDoor },
  EMAIL_TAKEN: { status: 409, sentence: 'An account with this email already exists', because: ownDoor },
  WALLET_TAKEN: { status: 409, sentence: 'This wallet is linked to another account', because: ownDoor },
  AGENT_NOT_RUNNING: { status: 409, sentence: 'The agent is not running. Start it, then try again', because: ownDoor },
  OPERATION_IN_PROGRESS: {
    status: 409,
    sentence: 'Another operation is running on this agent',
    because: 'operations on one agent take turns',
  },
  OPERATION_NOT_CANCELLABLE: { status: 409, sentence: 'This operation cannot be cancelled', because: ownDoor },
  API_KEY_LIMIT_REACHED: { status: 409, sentence: 'API key limit reached', because: ownDoor },
  SIGN_UP_CLOSED: {
    status: 403,
    sentence: 'Sign-up is closed. Ask an administrator of this installation for an account',
    because: 'an operator may let only administrators open accounts',
  },
  ACCOUNT_BLOCKED: {
    status: 403,
    sentence: 'This account is blocked. Ask the administrator of this installation',
    because: 'the right password of a blocked account is not wrong',
  },
  MAIL_AVAILABLE: {
    status: 409,
    sentence: 'This installation sends mail. The user can request a link on the sign-in page',
    because: 'a link that somebody else has seen is used only where no mail can be sent',
  },
  WRONG_PASSWORD: {
    status: 403,
    sentence: 'The password is wrong',
    because: 'a session alone must not change what it signed in with; 401 would end the session',
  },
  PLAN_REQUEST_NOT_FOUND: { status: 404, sentence: 'Plan request not found', because: ownDoor },
  PLAN_REQUEST_OPEN: {
    status: 409,
    sentence: 'You have an open request already. An administrator will answer it',
    because: 'the list of the administrators has one row for each person',
  },
  PLAN_REQUEST_CLOSED: {
    status: 409,
    sentence: 'This request has been answered already',
    because: 'of two administrators one decides',
  },
  LAST_ADMINISTRATOR: {
    status: 409,
    sentence: 'This account is the last administrator. Make another account an administrator first',
    because: 'an installation without an administrator cannot be administered',
  },
  SUBSCRIPTION_ACTIVE: {
    status: 409,
    sentence: 'The account has a subscription that Stripe still bills. End the subscription at once, then delete the account',
    because: 'nobody could end the subscription of a deleted account',
  },
  FILE_CHANGED: {
    status: 412,
    sentence: 'The file has changed since you read it. Read it again, then apply your change',
    because: 'RFC 9110, 15.5.13: a precondition of the request is false',
  },
  PAYLOAD_TOO_LARGE: { status: 413, sentence: 'Request body too large', because: 'ruling 13' },
  FILE_NOT_EDITABLE: { status: 422, sentence: 'The file is larger than 256 KiB, or it is not text in UTF-8', because: ownDoor },
  IMAGES_FULL: {
    status: 409,
    sentence: "The images in this agent's conversations have 100 MB. Delete a conversation with images, then try again",
    because: 'messages may have images, which fill the database',
  },
  TOO_MANY_WAITING: {
    status: 429,
    sentence: 'This conversation has 100 messages that wait for the agent. Wait for its replies, or cancel some of them',
    because: 'a message that waits holds resources of the backend',
  },
  RATE_LIMITED: { status: 429, sentence: 'Too many requests, please slow down.', because: 'ruling 14' },
  OPERATION_FAILED: { status: 500, because: 'the lifecycle table: "Error message describing the failure"' },
  OPERATION_STILL_RUNNING: {
    status: 500,
    sentence: "The operation is still running. The agent's operations show its progress",
    because: 'the error tables know only success and 500',
  },
  DOCKER_UNAVAILABLE: {
    status: 500,
    sentence: 'Docker is not available on the server: container operations require Docker',
    because: 'ruling 10: a sentence that says so',
  },
  CHANNEL_UNAVAILABLE: { status: 503, because: ownDoor },
  MODELS_UNAVAILABLE: { status: 503, because: ownDoor },
  GATEWAY_UNAVAILABLE: { status: 503, sentence: "The agent's gateway does not answer. Try again in a moment", because: ownDoor },
  MAIL_UNAVAILABLE: { status: 503, sentence: 'This installation cannot send mail. Ask its administrator', because: ownDoor },
  PAYMENTS_UNAVAILABLE: {
    status: 503,
    sentence: 'This installation does not accept payments. Ask its administrator for a plan',
    because: ownDoor,
  },
};

/** The sentences of a 500 of operations whose 500 the contract does not document, by the operation's id. */
const failures: Record<string, string> = {
  listNodes: 'Failed to list nodes',
  setNodeAvailability: 'Failed to change the node',
  moveAgent: 'Failed to move the agent',
  getHealth: 'Failed to check health',
  register: 'Failed to register',
  verifyCredentials: 'Failed to sign in',
  signInWithProvider: 'Failed to sign in',
  challengePasskeySignIn: 'Failed to create a challenge',
  signInWithPasskey: 'Failed to sign in',
  signOut: 'Failed to sign out',
  getSignInOptions: 'Failed to fetch sign-in options',
  requestPasswordReset: 'Failed to send the mail',
  resetPassword: 'Failed to set the password',
  getMe: 'Failed to fetch account',
  getAccount: 'Failed to fetch account',
  updateAccount: 'Failed to change the account',
  deleteAccount: 'Failed to delete the account',
  exportAccount: 'Failed to export the account',
  listAccountSessions: 'Failed to list sessions',
  endAccountSession: 'Failed to end the session',
  listAccountPasskeys: 'Failed to list passkeys',
  challengeAccountPasskey: 'Failed to create a challenge',
  addAccountPasskey: 'Failed to add the passkey',
  renameAccountPasskey: 'Failed to rename the passkey',
  removeAccountPasskey: 'Failed to remove the passkey',
  grantPlan: 'Failed to grant plan',
  listPlans: 'Failed to list plans',
  requestPlan: 'Failed to request the plan',
  getPlanRequest: 'Failed to fetch the plan request',
  listPlanRequests: 'Failed to list plan requests',
  grantPlanRequest: 'Failed to grant the plan request',
  refusePlanRequest: 'Failed to refuse the plan request',
  startCheckout: 'Failed to start checkout',
  openBillingPortal: 'Failed to open the billing portal',
  listUsers: 'Failed to list users',
  createUser: 'Failed to create the account',
  withdrawPlan: 'Failed to withdraw the plan',
  setUserRole: 'Failed to change the role',
  setUserBlocked: 'Failed to block the user',
  deleteUser: 'Failed to delete the user',
  createResetLink: 'Failed to create the link',
  listAllAgents: 'Failed to list agents',
  listTopSpenders: 'Failed to fetch usage',
  getInstallationHealth: 'Failed to fetch health',
  testSetup: 'Failed to test the setup',
  listOverview: 'Failed to list agents',
  streamOverview: 'Failed to stream agents',
  getAgentOverview: 'Failed to fetch agent',
  listAgents: 'Failed to list agents',
  getCloneService: 'Failed to fetch clone service',
  createWalletChallenge: 'Failed to create a challenge',
  linkWallet: 'Failed to link wallet',
  listWallets: 'Failed to list wallets',
  unlinkWallet: 'Failed to unlink wallet',
  getOpenclawVersion: 'Failed to get version',
  listOpenclawVersions: 'Failed to list versions',
  getInstanceStats: 'Failed to fetch stats',
  getVerification: 'Failed to fetch verification',
  createVerificationChallenge: 'Failed to create a challenge',
  removeVerification: 'Failed to update verification',
  startAgent: 'Failed to start agent',
  stopAgent: 'Failed to stop agent',
  restartAgent: 'Failed to restart agent',
  replaceAgentToken: 'Failed to replace token',
  repairAgent: 'Failed to repair agent',
  applyAgentConfig: 'Failed to apply agent configuration',
  resetAgentMemory: 'Failed to reset memory',
  listOperations: 'Failed to fetch operations',
  getOperation: 'Failed to fetch the operation',
  streamOperation: 'Failed to stream the operation',
  cancelOperation: 'Failed to cancel the operation',
  listBackups: 'Failed to list backups',
  createBackup: 'Failed to make a backup',
  setBackupSchedule: 'Failed to set the schedule',
  restoreBackup: 'Failed to restore the backup',
  downloadBackup: 'Failed to download the backup',
  deleteBackup: 'Failed to remove the backup',
  streamReply: 'Failed to stream the reply',
  cancelReply: 'Failed to stop the reply',
  listChat: 'Failed to list messages',
  readMessageImage: 'Failed to read the image',
  checkChannelToken: 'Failed to check the token',
  listChannels: 'Failed to fetch channels',
  linkWhatsApp: 'Failed to link WhatsApp',
  unlinkWhatsApp: 'Failed to unlink WhatsApp',
  listAgentFiles: 'Failed to list files',
  getAgentFile: 'Failed to read the file',
  updateAgentFile: 'Failed to write the file',
  listAgentFileVersions: 'Failed to list the versions',
  getAgentFileVersion: 'Failed to read the version',
  listCronJobs: 'Failed to fetch the schedule',
  openControlUi: 'Failed to open the Control UI',
  listConversations: 'Failed to list conversations',
  renameConversation: 'Failed to rename the conversation',
  deleteConversation: 'Failed to delete the conversation',
  askAgent: 'Internal error',
  getInstance: 'Failed to fetch instance',
  getInstanceUsage: 'Failed to fetch instance stats',
  getAgentStats: 'Failed to fetch stats',
  getAgentStatsHistory: 'Failed to fetch stats history',
  listLogStreams: 'Failed to list log streams',
  streamLogs: 'Failed to stream logs',
  getLogHistory: 'Failed to fetch log history',
  stopLogStream: 'Failed to stop log stream',
  getAgentUsage: 'Failed to fetch usage',
  setAgentBudget: 'Failed to set the budget',
  getAccountUsage: 'Failed to fetch usage',
  exportUsage: 'Failed to export usage',
  setAccountBudget: 'Failed to set the budget',
  testModel: 'Failed to test the model',
  testNewModel: 'Failed to test the model',
  listModels: 'Failed to list the models',
  listAgentModels: 'Failed to list the models',
  getModelKey: 'Failed to fetch the key',
  listProviderKeys: 'Failed to list the keys',
  deleteProviderKey: 'Failed to delete the key',
  saveProviderKey: 'Failed to save the key',
  listInstallationKeys: 'Failed to list the keys',
  saveInstallationKey: 'Failed to save the key',
  deleteInstallationKey: 'Failed to delete the key',
  listApiKeys: 'Failed to list API keys',
  createApiKey: 'Failed to create API key',
  deleteApiKey: 'Failed to delete API key',
  listAudit: 'Failed to list the audit log',
  exportAudit: 'Failed to export the audit log',
  listAllAudit: 'Failed to list the audit log',
  exportAllAudit: 'Failed to export the audit log',
};

export type Side = 'backend' | 'web';
interface Operation {
  id: string;
  method: string;
  backend: { path: string };
  web?: { path: string };
}

const documented = documentedOperations();
const shapeOf = (path: string) => path.replace(/:\w+/g, ':');
const documentsOf = ({ method, backend, web }: Operation): DocumentedOperation[] =>
  documented.filter((each) => each.method === method && [backend, web].some((side) => side && shapeOf(side.path) === shapeOf(each.path)));

/** The one sentence of a 500: the operation's own line, or the list above. */
function failureOf(operation: Operation): string[] {
  const lines = documentsOf(operation).flatMap(({ errors }) => errors.filter(({ status }) => status === 500));
  const listed = failures[operation.id];
  if (lines.length === 0 && listed === undefined) throw new Error(`List the sentence of a 500 of ${operation.id}`);
  if (lines.length > 0 && listed !== undefined) throw new Error(`The contract has the sentence of a 500 of ${operation.id}`);
  return listed === undefined ? lines.flatMap(({ text }) => sentencesForLine(text)) : [listed];
}

/** The web's lifecycle calls and instance pages, where another user's agent is 403. */
const isInstance = (path: string | undefined) => path?.startsWith('/api/instance/') ?? false;

/**
 * The status and the possible sentences of an error. An operation without a line of its own for a code answers as those that
 * have one. No sentence means that each case has its own.
 */
export function expectedAnswer(
  operation: Operation,
  side: Side,
  code: string,
): { status: number; sentences: string[]; documented: boolean } {
  if (code === 'INTERNAL') return { status: 500, sentences: failureOf(operation), documented: true };
  if (code === 'AGENT_NOT_FOUND' && side === 'web' && isInstance(operation.web?.path))
    return { status: 403, sentences: ['Forbidden'], documented: true };
  const own = documentsOf(operation);
  const added = additions[code];
  if (added) {
    // The contract's own refusals of a body: the case's sentence must be one of them.
    const refusals = own.flatMap(({ errors }) => (code === 'INVALID_REQUEST' ? errors.filter(({ status }) => status === 400) : []));
    const sentences = refusals.flatMap(({ text }) => [...sentencesForLine(text), ...(rulingOn(text)?.thrown ?? [])]);
    return { status: added.status, sentences: added.sentence ? [added.sentence] : sentences, documented: sentences.length > 0 };
  }
  const begins = lineOf[code];
  if (!begins) throw new Error(`Nothing says what ${code} answers: add it to the additions with its reason`);
  const linesIn = (operations: DocumentedOperation[]) =>
    operations.flatMap(({ errors }) => errors.filter(({ text }) => text.startsWith(begins)));
  const ownLines = linesIn(own);
  const [line] = ownLines.length > 0 ? ownLines : linesIn(documented);
  if (!line) throw new Error(`The contract has no line that begins with "${begins}"`);
  const sentences = [...sentencesForLine(line.text), ...(rulingOn(line.text)?.thrown ?? [])];
  // "429 … (web proxy). … The backend returns 402 with code AGENT_LIMIT_REACHED for the same condition."
  const status = line.text.includes('(web proxy)') && side === 'backend' ? 402 : line.status;
  return { status, sentences, documented: ownLines.length > 0 };
}

/** The body of the web's lifecycle errors, beside their sentence. */
export const lifecycleError = { success: false, status: 'error' };
/** Whether an error of the web has that body: "Web proxy lifecycle endpoints return a different error shape". */
export const isLifecycle = ({ method, web }: Operation): boolean => method === 'POST' && isInstance(web?.path);

if (!isInContract('Web proxy lifecycle endpoints return a different error shape')) throw new Error('The contract has changed');
