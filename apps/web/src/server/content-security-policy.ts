import { isDevelopment } from '../config.ts';

/** Of the style element that the notifications' library writes: empty when it is made, and then with its styles. */
const libraryStyles = "'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' 'sha256-StEaX+se6YS7pqjzrzMIA0KaX9zF/8zAhvQXZAe5epY='";

/**
 * What a page may load and run: its own, and scripts that carry the nonce. In development Next compiles in the browser and
 * writes styles of its own.
 * @see https://nextjs.org/docs/app/guides/content-security-policy
 */
export function contentSecurityPolicy(nonce: string): string {
  const style = isDevelopment ? "'unsafe-inline'" : `'nonce-${nonce}' ${libraryStyles}`;
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${isDevelopment ? " 'unsafe-eval'" : ''}`,
    `style-src 'self' ${style}`,
    // An attribute can colour an element and no more.
    "style-src-attr 'unsafe-inline'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
