import { z } from 'zod';

/** Secrets that appear in examples or are easy to guess. */
const placeholder = /change.?me|replace.?(me|this)|placeholder|example|default|password|your.?(key|secret)|\bsecret\b|12345678|abcdefg/i;

const secret = z.string({ error: 'is not set' }).min(32, { error: 'must have at least 32 characters' });
const schema = z
  .object({
    NODE_ENV: z.string().optional(),
    BACKEND_URL: z.url({ error: 'must be an address' }).default('http://127.0.0.1:3001'),
    /** The backend's URL for programs, if it differs from BACKEND_URL. */
    PUBLIC_API_URL: z.url({ error: 'must be an address' }).optional(),
    ASSERTION_SECRET: secret,
    NEXTAUTH_SECRET: secret,
    /** The number of trusted proxies that append to X-Forwarded-For. */
    TRUSTED_PROXIES: z.coerce.number({ error: 'must be a number' }).int().min(0).max(10).default(0),
    GITHUB_CLIENT_ID: z.string().optional(),
    GITHUB_CLIENT_SECRET: z.string().optional(),
    GITHUB_BASE_URL: z.url({ error: 'must be an address' }).default('https://github.com'),
    GITHUB_API_URL: z.url({ error: 'must be an address' }).default('https://api.github.com'),
    GOOGLE_CLIENT_ID: z.string().optional(),
    GOOGLE_CLIENT_SECRET: z.string().optional(),
    GOOGLE_ISSUER: z.url({ error: 'must be an address' }).default('https://accounts.google.com'),
    OIDC_ISSUER: z.url({ error: 'must be an address' }).optional(),
    OIDC_CLIENT_ID: z.string().optional(),
    OIDC_CLIENT_SECRET: z.string().optional(),
    /** The name on the sign-in page. */
    OIDC_NAME: z.string().max(50, { error: 'must have at most 50 characters' }).default('single sign-on'),
    /** Whether addresses of the issuer are proven also where it does not say `email_verified`. */
    OIDC_TRUST_EMAILS: z
      .enum(['true', 'false'], { error: 'must be true or false' })
      .transform((value) => value === 'true')
      .default(false),
    NEXTAUTH_URL: z.url({ error: 'must be an address' }).optional(),
    /** Path of a Unix socket at which this one process answers, for its health check. The listener of the image reads it. */
    HEALTH_SOCKET: z.string().optional(),
    /** Seconds that running requests have to end after SIGTERM. The listener of the image reads it. */
    DRAIN_SECONDS: z.coerce.number({ error: 'must be a number' }).int().min(0).max(600).default(60),
    LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'silent'], { error: 'is no level' }).default('info'),
  })
  .superRefine((given, context) => {
    if (given.NODE_ENV !== 'production') return;
    if (!given.NEXTAUTH_URL) context.addIssue({ code: 'custom', path: ['NEXTAUTH_URL'], message: 'is not set' });
    for (const name of ['ASSERTION_SECRET', 'NEXTAUTH_SECRET'] as const) {
      const guessable = placeholder.test(given[name]) || new Set(given[name]).size < 8;
      if (guessable) context.addIssue({ code: 'custom', path: [name], message: 'is a default or an example: make a random one' });
    }
  });

/** The web app's settings as they may stand in the environment: JSON Schema by name. */
export const describeSettings = () => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }).properties ?? {};

/** Whether this is `next dev`. */
export const isDevelopment = process.env.NODE_ENV === 'development';

let parsed: z.infer<typeof schema> | undefined;

/** The web app's settings, parsed once. @throws Error that names invalid variables, never their values */
export function config() {
  if (parsed) return parsed;
  const given = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== ''));
  const result = schema.safeParse(given);
  if (!result.success) {
    const wrong = result.error.issues.map((issue) => `${issue.path.join('.')} ${issue.message}`);
    throw new Error(`The web app's environment is not complete: ${wrong.join(', ')}`);
  }
  parsed = result.data;
  return parsed;
}

/** Exits with code 78 when the environment is invalid, before the server listens. */
export function requireConfig(): void {
  try {
    config();
  } catch (error) {
    console.error((error as Error).message);
    process.exit(78);
  }
}
