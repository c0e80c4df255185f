import { NextRequest } from 'next/server';
import NextAuth from 'next-auth';
import { authOptions } from '../../../../server/auth.ts';
import { checkAuthRequest } from '../../../../server/check-auth-request.ts';

async function handler(request: Request, context: unknown): Promise<Response> {
  const checked = await checkAuthRequest(request);
  if (checked instanceof Response) return checked;
  const { method, headers } = request;
  return NextAuth(authOptions())(new NextRequest(request.url, { method, headers, body: checked.body }), context);
}

export { handler as GET, handler as POST };
