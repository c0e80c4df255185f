import { z } from 'zod';

const secret = z.string({ error: 'is not set' }).min(32, { error: 'must have at least 32 characters' });
const schema = z
  .object({
    NODE_ENV: z.string().optional(),
    BACKEND_URL: z.url({ error: 'must be an address' }).default('http://127.0.0.1:3001'),
    ASSERTION_SECRET: secret,
    NEXTAUTH_SECRET: secret,
    /** How many proxies of ours stand in front and append to X-Forwarded-For. */
    TRUSTED_PROXIES: z.coerce.number({ error: 'must be a number' }).int().min(0).max(10).default(0),
    GITHUB_CLIENT_ID: z.string().optional(),
    GITHUB_CLIENT_SECRET: z.string().optional(),
    GITHUB_BASE_URL: z.url({ error: 'must be an address' }).default('https://github.com'),
    GITHUB_API_URL: z.url({ error: 'must be an address' }).default('https://api.github.com'),
    GOOGLE_CLIENT_ID: z.string().optional(),
    GOOGLE_CLIENT_SECRET: z.string().optional(),
    GOOGLE_ISSUER: z.url({ error: 'must be an address' }).default('https://accounts.google.com'),
    NEXTAUTH_URL: z.url({ error: 'must be an address' }).optional(),
  })
  .refine((given) => given.NODE_ENV !== 'production' || given.NEXTAUTH_URL, { path: ['NEXTAUTH_URL'], error: 'is not set' });

let parsed: z.infer<typeof schema> | undefined;

/** The web app's settings, read once at the first request. @throws Error naming what is wrong, never a value */
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
