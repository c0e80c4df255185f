import { canary } from '@agentbot/test-doubles/canaries';
/** A client of the dashboard's API with the cookies of a browser. */
export class WebSession {
  readonly #origin: string;
  readonly #cookies = new Map<string, string>();

  constructor(origin: string) {
    this.#origin = origin;
  }

  /** Creates an account and signs in. @returns the session and the account's id */
  static async signUp(origin: string, email: string): Promise<{ session: WebSession; id: string }> {
    const session = new WebSession(origin);
    const password = canary('correct horse battery ');
    const { body } = await session.call('POST', '/api/register', { body: { email, password } });
    await session.signIn(email, password);
    return { session, id: body.id };
  }

  /** Signs in as next-auth's pages do. @returns the status. @see https://next-auth.js.org/getting-started/rest-api */
  async signIn(email: string, password: string): Promise<number> {
    const { csrfToken } = (await this.call('GET', '/api/auth/csrf')).body;
    const form = new URLSearchParams({ csrfToken, email, password, json: 'true' });
    const response = await this.fetch('/api/auth/callback/credentials', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    });
    await response.arrayBuffer();
    return response.status;
  }

  /** Signs out as next-auth's pages do. @returns the status */
  async signOut(): Promise<number> {
    const { csrfToken } = (await this.call('GET', '/api/auth/csrf')).body;
    const response = await this.fetch('/api/auth/signout', { method: 'POST', body: new URLSearchParams({ csrfToken, json: 'true' }) });
    await response.arrayBuffer();
    return response.status;
  }

  /** A session with a copy of the cookies. */
  copy(): WebSession {
    const copied = new WebSession(this.#origin);
    for (const [name, value] of this.#cookies) copied.#cookies.set(name, value);
    return copied;
  }

  cookie(name: string): string | undefined {
    return this.#cookies.get(name);
  }

  async fetch(path: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (this.#cookies.size) headers.set('cookie', [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; '));
    const response = await fetch(this.#origin + path, { redirect: 'manual', ...init, headers });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      this.#cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1));
    }
    return response;
  }

  async call(method: string, path: string, options: { body?: unknown; headers?: Record<string, string> } = {}) {
    const { body } = options;
    const response = await this.fetch(path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...options.headers },
      body: body === undefined ? null : typeof body === 'string' ? body : JSON.stringify(body),
    });
    // Typed as `any`, as JSON.parse returns it.
    const parsed: ReturnType<typeof JSON.parse> = await response.json();
    return { status: response.status, headers: response.headers, body: parsed };
  }
}
