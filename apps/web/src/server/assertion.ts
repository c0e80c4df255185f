import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { config } from '../config.ts';

/** A single-use assertion for the backend, valid for 60 seconds: for a user, or for the web app itself. */
export async function signAssertion(userId: string | undefined): Promise<string> {
  const token = new SignJWT({})
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer('agentbot-web')
    .setAudience('agentbot-backend')
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('60s');
  if (userId) token.setSubject(userId);
  return token.sign(new TextEncoder().encode(config().ASSERTION_SECRET));
}
