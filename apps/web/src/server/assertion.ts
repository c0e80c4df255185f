import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { config } from '../config.ts';

/** The user and the session that an assertion vouches for. */
export interface Subject {
  id: string;
  session: string;
}

/** Signs a single-use assertion for the backend, valid for 60 seconds. @param user undefined when the web app calls for itself */
export async function signAssertion(user: Subject | undefined): Promise<string> {
  const token = new SignJWT(user ? { sid: user.session } : {})
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer('agentbot-web')
    .setAudience('agentbot-backend')
    .setJti(randomUUID())
    .setIssuedAt()
    .setExpirationTime('60s');
  if (user) token.setSubject(user.id);
  return token.sign(new TextEncoder().encode(config().ASSERTION_SECRET));
}
