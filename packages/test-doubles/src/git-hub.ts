import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Person {
  id: number;
  login: string;
  name: string | null;
  emails: { email: string; primary: boolean; verified: boolean }[];
}

/** GitHub's OAuth pages and the two API calls of a sign-in. The person given to `signIn` has agreed to the sign-in. */
export async function startGitHub(clientSecret: string) {
  let person: Person | undefined;
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://github');
    const json = (body: unknown, status = 200) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (url.pathname === '/login/oauth/authorize') {
      const back = new URL(url.searchParams.get('redirect_uri') ?? '');
      back.searchParams.set('code', 'code-1');
      back.searchParams.set('state', url.searchParams.get('state') ?? '');
      return response.writeHead(302, { location: back.href }).end();
    }
    if (url.pathname === '/login/oauth/access_token') {
      let body = '';
      for await (const chunk of request) body += chunk;
      const form = new URLSearchParams(body);
      const basic = Buffer.from(request.headers.authorization?.split(' ')[1] ?? '', 'base64').toString();
      if (form.get('code') !== 'code-1' || !(form.get('client_secret') === clientSecret || basic.endsWith(`:${clientSecret}`))) {
        return json({ error: 'bad_verification_code' }, 401);
      }
      return json({ access_token: 'token-1', token_type: 'bearer', scope: 'read:user,user:email' });
    }
    if (request.headers.authorization !== 'Bearer token-1' || !person) return json({ message: 'Bad credentials' }, 401);
    const { emails, ...user } = person;
    if (url.pathname === '/user') return json({ ...user, email: null });
    if (url.pathname === '/user/emails') return json(emails);
    return json({ message: 'Not Found' }, 404);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    signIn(value: Person) {
      person = value;
    },
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
