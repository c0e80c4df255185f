import path from 'node:path';

/** The folder for the data of a checkout: Postgres, secrets and backups. A relative DATA_DIR is one of the checkout. */
export const dataFolder = ({ DATA_DIR }: NodeJS.ProcessEnv, root: string) => path.resolve(root, DATA_DIR || '.data');

/** The folder for backups. A relative BACKUP_DIR is one of the checkout: the backend runs in a folder of its own. */
export const backupFolder = ({ BACKUP_DIR }: NodeJS.ProcessEnv, { root, dataDir }: { root: string; dataDir: string }) =>
  BACKUP_DIR ? path.resolve(root, BACKUP_DIR) : path.join(dataDir, 'backups');

/** The folder for backups of the installation. A relative INSTALLATION_BACKUP_DIR is one of the checkout. */
export const installationBackupFolder = (
  { INSTALLATION_BACKUP_DIR }: NodeJS.ProcessEnv,
  { root, dataDir }: { root: string; dataDir: string },
) => (INSTALLATION_BACKUP_DIR ? path.resolve(root, INSTALLATION_BACKUP_DIR) : path.join(dataDir, 'installation-backups'));

/** The variables that every process inherits: paths, locale and proxies, no secrets. */
export function basics(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const names = [
    'PATH',
    'HOME',
    'USER',
    'LANG',
    'TZ',
    'TMPDIR',
    'CI',
    'TERM',
    'NODE_EXTRA_CA_CERTS',
    'HTTPS_PROXY',
    'HTTP_PROXY',
    'NO_PROXY',
  ];
  return Object.fromEntries(names.flatMap((name) => (environment[name] ? [[name, environment[name]]] : [])));
}

/** The settings of `.env.example` that the backend gets. */
export const backendSettings = [
  'BACKEND_HOST',
  'SHARE_PORTS',
  'DRAIN_SECONDS',
  'HEALTH_SOCKET',
  'ADMIN_EMAILS',
  'TESTER_EMAILS',
  'SIGN_UP',
  'PROVISIONING_ENABLED',
  'AGENTS_DOMAIN',
  'PROVISION_DOMAIN',
  'CONTAINER_HOST',
  'SWARM_CERTIFICATES',
  'SWARM_NODE_PORT',
  'SWARM_TRAFFIC_PORT',
  'SWARM_IMAGE',
  'SWARM_MEMORY_SHARE',
  'SWARM_CONSTRAINTS',
  'DOCKER_HOST',
  'ALLOW_PRIVATE_MODEL_ENDPOINTS',
  'PLAN_BUDGETS',
  'PLAN_ALLOWANCES',
  'OPENROUTER_BASE_URL',
  'GEMINI_BASE_URL',
  'GROQ_BASE_URL',
  'ANTHROPIC_BASE_URL',
  'OPENAI_BASE_URL',
  'TELEGRAM_API_BASE',
  'DISCORD_API_BASE',
  'SLACK_API_BASE',
  'GATEWAY_PUBLIC_URL',
  'AGENT_PORT_BASE',
  'AGENT_SUBNET',
  'INSTALLATION',
  'READY_TIMEOUT_SECONDS',
  'OPERATION_WAIT_SECONDS',
  'LOG_LEVEL',
  'METRICS_TOKEN',
  'STATS_STREAMS',
  'STATS_SWEEP_SECONDS',
  'API_RATE_LIMIT',
  'DEPLOYMENT_RATE_LIMIT',
  'SIGN_IN_RATE_LIMIT',
  'STREAM_LIMIT',
  'TRUST_PROXY',
  'SMTP_URL',
  'MAIL_FROM',
  'SUPPORT_CONTACT',
  'ALLOWED_IMAGES',
  'AGENT_RUNTIME',
  'HOST_FIREWALL',
  'EGRESS_PORT',
  'CORS_ORIGINS',
  'CLONE_TREASURY_ADDRESS',
  'TEMPO_RPC_URL',
  'TEMPO_CONFIRMATIONS',
  'BASE_RPC_URL',
  'ETHEREUM_RPC_URL',
  'EAS_RPC_URL',
  'EAS_CHAIN_ID',
  'EAS_ATTESTERS',
  'EAS_SCHEMAS',
  'MUX_TOKEN_ID',
  'MUX_TOKEN_SECRET',
  'MUX_BASE_URL',
  'STRIPE_SECRET_KEY',
  'STRIPE_WEBHOOK_SECRET',
  'STRIPE_API_BASE',
  'STRIPE_PRICE_SOLO',
  'STRIPE_PRICE_COLLECTIVE',
  'STRIPE_PRICE_LABEL',
  'STRIPE_PRICE_NETWORK',
  'MAX_IMAGE_GIB',
  'DISK_RESERVE_GIB',
  'BACKUP_ENCRYPTION',
  'BACKUP_S3_BUCKET',
  'BACKUP_S3_ENDPOINT',
  'BACKUP_S3_REGION',
  'BACKUP_S3_ACCESS_KEY_ID',
  'BACKUP_S3_SECRET_ACCESS_KEY',
  'RECONCILE_SECONDS',
  'SWEEP_VOLUMES',
  'AGENT_EXTRA_CA_FILE',
  'NODE_EXTRA_CA_CERTS',
];

/** The settings of `.env.example` that the dashboard gets. */
export const webSettings = [
  'LOG_LEVEL',
  'PUBLIC_API_URL',
  'TRUSTED_PROXIES',
  'GITHUB_CLIENT_ID',
  'GITHUB_CLIENT_SECRET',
  'GITHUB_BASE_URL',
  'GITHUB_API_URL',
  'GOOGLE_CLIENT_ID',
  'GOOGLE_CLIENT_SECRET',
  'GOOGLE_ISSUER',
  'OIDC_ISSUER',
  'OIDC_CLIENT_ID',
  'OIDC_CLIENT_SECRET',
  'OIDC_NAME',
  'OIDC_TRUST_EMAILS',
];
