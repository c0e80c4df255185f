import { type DestinationStream, pino } from 'pino';
import type { Config } from '../../config/config.ts';

const CENSOR = '[redacted]';
/** Fields whose values are nobody's business, however deep they stand. */
const secretName =
  /^(authorization|cookie|set-cookie|pass(word|wd|phrase)?(hash)?|.*secret(s|env)?|.*token|.*api[-_]?key|.*private[-_]?key|.*device[-_]?key|.*stream[-_]?key|sealed|env|credentials?|signature|encryption_keys)$/i;
const MAX_DEPTH = 6;

/** Values that give themselves away wherever they stand, even in the middle of an error's message. */
const secretValues: [RegExp, string][] = [
  [/\bBearer [\w.~+/=-]{8,}/gi, `Bearer ${CENSOR}`],
  [/\b(?:sk[-_]|rk_|whsec_)[\w-]{8,}/g, CENSOR],
  [/\beyJ[\w-]{10,}\.[\w-]+\.[\w-]*/g, CENSOR],
  // Telegram's addresses have it right after a word: `/bot471147114:AA…/getMe`.
  [/(?<!\d)\d{6,12}:[\w-]{30,}/g, CENSOR],
  [/\bv1\.[\w-]+\.[\w+/=]{40,}\.[\w+/=]{20,}/g, CENSOR],
  [/(\b[a-z][a-z+]*:\/\/[^\s/:@"]*:)[^\s@"/]+@/gi, `$1${CENSOR}@`],
  [/([?&](?:token|key|api_?key|access_token|secret|password)=)[^&\s"]+/gi, `$1${CENSOR}`],
];

/** The same object with the values of secret fields taken out; errors keep type, message, code and stack. */
function withoutSecrets(value: unknown, above: readonly unknown[] = []): unknown {
  if (!value || typeof value !== 'object' || value instanceof Date) return value;
  if (above.length === MAX_DEPTH || above.includes(value)) return '[left out]';
  if (value instanceof Error) return withoutSecrets({ ...pino.stdSerializers.err(value) }, above);
  const here = [...above, value];
  if (Array.isArray(value)) return value.map((each) => withoutSecrets(each, here));
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, secretName.test(name) && each !== null ? CENSOR : withoutSecrets(each, here)]),
  );
}

/** Of a log line's fields; request and response have serializers of their own, which show next to nothing. */
function clean({ req, res, ...fields }: Record<string, unknown>): Record<string, unknown> {
  return { ...(req !== undefined && { req }), ...(res !== undefined && { res }), ...(withoutSecrets(fields) as Record<string, unknown>) };
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');

const passwordIn = (url: string | undefined) => url && decodeURIComponent(new URL(url).password);
/** What follows a node's host: providers put their customer's key there, and the chain's client prints the whole address. */
const keyIn = (url: string | undefined) => url?.replace(/^\w+:\/\/[^/?]*/, '').replace(/\/$/, '');

/** This installation's own secrets, as a line of JSON has them; what is shorter than eight characters would be found everywhere. */
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
 * The log: JSON lines without secrets. Fields are judged by their names at any depth; the finished line loses what looks
 * like a credential, and this installation's own secrets wherever they turn up.
 */
export function createLogger(config: Config, destination?: DestinationStream) {
  const ours = new RegExp(secretsOf(config).map(escaped).join('|'), 'g');
  const options = {
    level: config.LOG_LEVEL,
    // `clean` has taken errors apart already.
    serializers: { err: (error: unknown) => error },
    formatters: { log: clean },
    hooks: {
      streamWrite: (line: string) =>
        secretValues.reduce((text, [pattern, mark]) => text.replace(pattern, mark), line.replace(ours, CENSOR)),
    },
  };
  return destination ? pino(options, destination) : pino(options);
}
