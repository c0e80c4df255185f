import { type DestinationStream, pino } from 'pino';
import type { Config } from '../../config/config.ts';

const CENSOR = '[redacted]';
/** Names of fields whose values are redacted at any depth. */
const secretName =
  /^(authorization|cookie|set-cookie|pass(word|wd|phrase)?(hash)?|.*secret(s|env)?|.*token|.*api[-_]?key|.*private[-_]?key|.*device[-_]?key|.*stream[-_]?key|sealed|env|credentials?|signature|encryption_keys)$/i;
const MAX_DEPTH = 6;

/** Patterns of credentials, redacted anywhere in a line, for example inside an error's message. */
const secretValues: [RegExp, string][] = [
  [/\bBearer [\w.~+/=-]{8,}/gi, `Bearer ${CENSOR}`],
  [/\b(?:sk[-_]|rk_|whsec_)[\w-]{8,}/g, CENSOR],
  [/\bxox[a-z]-[\w-]{8,}|\bxapp-[\w-]{8,}/g, CENSOR],
  [/\beyJ[\w-]{10,}\.[\w-]+\.[\w-]*/g, CENSOR],
  // No word boundary at the start: Telegram's URLs put the token right after a word, as in `/bot471147114:AA…/getMe`.
  [/(?<!\d)\d{6,12}:[\w-]{30,}/g, CENSOR],
  [/\bv1\.[\w-]+\.[\w+/=]{40,}\.[\w+/=]{20,}/g, CENSOR],
  [/(\b[a-z][a-z+]*:\/\/[^\s/:@"]*:)[^\s@"/]+@/gi, `$1${CENSOR}@`],
  [/([?&](?:token|key|api_?key|access_token|secret|password)=)[^&\s"]+/gi, `$1${CENSOR}`],
];

/** Copies an object with the values of secret fields redacted; errors keep type, message, code and stack. */
function redact(value: unknown, ancestors: readonly unknown[] = []): unknown {
  if (!value || typeof value !== 'object' || value instanceof Date) return value;
  if (ancestors.length === MAX_DEPTH || ancestors.includes(value)) return '[left out]';
  if (value instanceof Error) return redact({ ...pino.stdSerializers.err(value) }, ancestors);
  const path = [...ancestors, value];
  if (Array.isArray(value)) return value.map((each) => redact(each, path));
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, secretName.test(name) && each !== null ? CENSOR : redact(each, path)]),
  );
}

/** Redacts the fields of a log line. Request and response are skipped: their own serializers log hardly any field. */
function redactFields({ req, res, ...fields }: Record<string, unknown>): Record<string, unknown> {
  return { ...(req !== undefined && { req }), ...(res !== undefined && { res }), ...(redact(fields) as Record<string, unknown>) };
}

const escapeRegExp = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

const passwordIn = (url: string | undefined) => url && decodeURIComponent(new URL(url).password);
/** The part of a chain node's URL after its host: providers put API keys there, and viem's errors contain the whole URL. */
const keyIn = (url: string | undefined) => url?.replace(/^\w+:\/\/[^/?]*/, '').replace(/\/$/, '');

/** This installation's own secrets, escaped as in JSON; without those under eight characters, which ordinary text contains. */
function secretsOf(config: Config): string[] {
  const secrets = [
    config.INTERNAL_API_KEY,
    config.ASSERTION_SECRET,
    ...config.ENCRYPTION_KEYS.split(',').map((entry) => entry.slice(entry.indexOf(':') + 1)),
    passwordIn(config.DATABASE_URL),
    passwordIn(config.SMTP_URL),
    config.BACKUP_S3_SECRET_ACCESS_KEY,
    config.MUX_TOKEN_SECRET,
    config.STRIPE_SECRET_KEY,
    config.STRIPE_WEBHOOK_SECRET,
    config.METRICS_TOKEN,
    ...[config.TEMPO_RPC_URL, config.BASE_RPC_URL, config.ETHEREUM_RPC_URL, config.EAS_RPC_URL].flatMap((url) => [
      passwordIn(url),
      keyIn(url),
    ]),
  ];
  return secrets.flatMap((secret) => (secret && secret.length >= 8 ? JSON.stringify(secret).slice(1, -1) : []));
}

/**
 * Creates the logger: JSON lines without secrets. Secret fields are redacted by name at any depth; credential patterns and
 * this installation's own secrets are redacted anywhere in the finished line.
 * @param destination standard output by default
 */
export function createLogger(config: Config, destination?: DestinationStream) {
  const ownSecrets = new RegExp(secretsOf(config).map(escapeRegExp).join('|'), 'g');
  const options = {
    level: config.LOG_LEVEL,
    // `redactFields` has already serialized errors.
    serializers: { err: (error: unknown) => error },
    formatters: { log: redactFields },
    hooks: {
      streamWrite: (line: string) =>
        secretValues.reduce((text, [pattern, replacement]) => text.replace(pattern, replacement), line.replace(ownSecrets, CENSOR)),
    },
  };
  return destination ? pino(options, destination) : pino(options);
}
