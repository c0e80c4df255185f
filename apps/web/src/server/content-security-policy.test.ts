import { expect, test } from '@jest/globals';
import { contentSecurityPolicy } from './content-security-policy.ts';

test('a page runs only scripts with its nonce, connects only to its own origin, and may not be framed', () => {
  const directives = Object.fromEntries(
    contentSecurityPolicy('n1')
      .split('; ')
      .map((directive) => [directive.split(' ')[0], directive.split(' ').slice(1).join(' ')]),
  );
  expect(directives).toMatchObject({
    'default-src': "'self'",
    'script-src': "'self' 'nonce-n1' 'strict-dynamic'",
    'style-src': expect.stringMatching(/^'self' 'nonce-n1'( 'sha256-[\w+/=]+')+$/),
    'img-src': "'self' data: blob:",
    'font-src': "'self'",
    'connect-src': "'self'",
    'object-src': "'none'",
    'base-uri': "'none'",
    'form-action': "'self'",
    'frame-ancestors': "'none'",
  });
});
