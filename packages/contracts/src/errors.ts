/** The two sides of the API: `backend` for machine clients, `web` for browsers with a session. */
export type Facade = 'backend' | 'web';

interface ErrorRow {
  status: number;
  /** The default sentence. */
  sentence: string;
}

/** Every error code that the API sends, with its status and default sentence. */
export const errorTable = {
  INVALID_REQUEST: { status: 400, sentence: 'Invalid request' },
  UNAUTHORIZED: { status: 401, sentence: 'Unauthorized' },
  UNKNOWN_PASSKEY: {
    status: 401,
    sentence: 'This passkey does not sign in here: it was removed, or it verifies agents only. Sign in another way',
  },
  PAYMENT_REQUIRED: { status: 402, sentence: 'Active subscription required to provision agents' },
  PAYMENT_NOT_VERIFIED: { status: 402, sentence: 'Invalid payment proof — transaction not verified on Tempo chain' },
  AGENT_LIMIT_REACHED: { status: 402, sentence: 'Agent limit reached for your plan' },
  FORBIDDEN: { status: 403, sentence: 'Forbidden' },
  INSUFFICIENT_SCOPE: { status: 403, sentence: 'This API key does not allow this request' },
  SIGN_UP_CLOSED: { status: 403, sentence: 'Sign-up is closed. Ask an administrator of this installation for an account' },
  ACCOUNT_BLOCKED: { status: 403, sentence: 'This account is blocked. Ask the administrator of this installation' },
  WRONG_PASSWORD: { status: 403, sentence: 'The password is wrong' },
  PASSKEY_COPIED: {
    status: 403,
    sentence: 'This passkey was refused because a copy of it may be in use. Sign in another way, then remove it under Account',
  },
  AGENT_NOT_FOUND: { status: 404, sentence: 'Agent not found' },
  SESSION_NOT_FOUND: { status: 404, sentence: 'Session not found' },
  MESSAGE_NOT_FOUND: { status: 404, sentence: 'Message not found' },
  OPERATION_NOT_FOUND: { status: 404, sentence: 'Operation not found' },
  BACKUP_NOT_FOUND: { status: 404, sentence: 'Backup not found' },
  FILE_NOT_FOUND: { status: 404, sentence: 'File not found' },
  FILE_VERSION_NOT_FOUND: { status: 404, sentence: 'Version not found' },
  IMAGE_NOT_FOUND: { status: 404, sentence: 'Image not found' },
  USER_NOT_FOUND: { status: 404, sentence: 'User not found' },
  API_KEY_NOT_FOUND: { status: 404, sentence: 'API key not found' },
  PROVIDER_KEY_NOT_FOUND: { status: 404, sentence: 'There is no key for this provider' },
  PLAN_REQUEST_NOT_FOUND: { status: 404, sentence: 'Plan request not found' },
  NODE_NOT_FOUND: { status: 404, sentence: 'Node not found' },
  PASSKEY_NOT_FOUND: { status: 404, sentence: 'Passkey not found' },
  WALLET_NOT_FOUND: { status: 404, sentence: 'Wallet not found' },
  NOT_FOUND: { status: 404, sentence: 'Not found' },
  EMAIL_TAKEN: { status: 409, sentence: 'An account with this email already exists' },
  PASSKEY_TAKEN: { status: 409, sentence: 'This passkey is registered already' },
  CHALLENGE_EXPIRED: { status: 409, sentence: 'The request for the passkey has expired or was used already. Try again' },
  WALLET_TAKEN: { status: 409, sentence: 'This wallet is linked to another account' },
  MAIL_AVAILABLE: { status: 409, sentence: 'This installation sends mail. The user can request a link on the sign-in page' },
  PLAN_REQUEST_OPEN: { status: 409, sentence: 'You have an open request already. An administrator will answer it' },
  PLAN_REQUEST_CLOSED: { status: 409, sentence: 'This request has been answered already' },
  LAST_ADMINISTRATOR: {
    status: 409,
    sentence: 'This account is the last administrator. Make another account an administrator first',
  },
  SUBSCRIPTION_ACTIVE: {
    status: 409,
    sentence: 'The account has a subscription that Stripe still bills. End the subscription at once, then delete the account',
  },
  AGENT_NOT_RUNNING: { status: 409, sentence: 'The agent is not running. Start it, then try again' },
  OPERATION_IN_PROGRESS: { status: 409, sentence: 'Another operation is running on this agent' },
  OPERATION_NOT_CANCELLABLE: { status: 409, sentence: 'This operation cannot be cancelled' },
  PASSKEY_LIMIT_REACHED: { status: 409, sentence: 'Passkey limit reached' },
  API_KEY_LIMIT_REACHED: { status: 409, sentence: 'API key limit reached' },
  IMAGES_FULL: {
    status: 409,
    sentence: "The images in this agent's conversations have 100 MB. Delete a conversation with images, then try again",
  },
  IDEMPOTENCY_IN_PROGRESS: { status: 409, sentence: 'A request with this Idempotency-Key is still being processed' },
  FILE_CHANGED: { status: 412, sentence: 'The file has changed since you read it. Read it again, then apply your change' },
  PAYLOAD_TOO_LARGE: { status: 413, sentence: 'Request body too large' },
  UNSUPPORTED_MEDIA_TYPE: { status: 415, sentence: 'Content-Type must be application/json' },
  FILE_NOT_EDITABLE: { status: 422, sentence: 'The file is larger than 256 KiB, or it is not text in UTF-8' },
  IDEMPOTENCY_KEY_REUSED: { status: 422, sentence: 'This Idempotency-Key was already used for a different request' },
  TOO_MANY_WAITING: {
    status: 429,
    sentence: 'This conversation has 100 messages that wait for the agent. Wait for its replies, or cancel some of them',
  },
  RATE_LIMITED: { status: 429, sentence: 'Too many requests, please slow down.' },
  INTERNAL: { status: 500, sentence: 'Internal server error' },
  OPERATION_FAILED: { status: 500, sentence: 'The operation failed' },
  /** Not a failure: the wait of the request has timed out. The contract's tables have only success and 500. */
  OPERATION_STILL_RUNNING: { status: 500, sentence: "The operation is still running. The agent's operations show its progress" },
  DOCKER_UNAVAILABLE: {
    status: 500,
    sentence: 'Docker is not available on the server: container operations require Docker',
  },
  BACKEND_UNAVAILABLE: { status: 502, sentence: 'Backend service unavailable' },
  CHANNEL_UNAVAILABLE: { status: 503, sentence: 'The channel does not answer. Try again in a moment' },
  GATEWAY_UNAVAILABLE: { status: 503, sentence: "The agent's gateway does not answer. Try again in a moment" },
  MAIL_UNAVAILABLE: { status: 503, sentence: 'This installation cannot send mail. Ask its administrator' },
  MODELS_UNAVAILABLE: { status: 503, sentence: 'The provider lists no models right now. Try again in a moment' },
  PAYMENTS_UNAVAILABLE: { status: 503, sentence: 'This installation does not accept payments. Ask its administrator for a plan' },
  PROVISIONING_DISABLED: { status: 503, sentence: 'Provisioning is temporarily disabled' },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

/** An error of the domain, independent of HTTP. `message` is public, `cause` is for the log only. */
export class AppError extends Error {
  readonly code: ErrorCode;
  /** Further public fields of the error body, such as `current` and `limit`. */
  readonly details: Record<string, unknown>;

  constructor(code: ErrorCode, message?: string, options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(message ?? errorTable[code].sentence, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.details = options.details ?? {};
  }
}
