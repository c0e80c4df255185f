import { observeClientAddresses } from './server/client-address.ts';

/** Runs once when the server starts. @see https://nextjs.org/docs/app/guides/instrumentation */
export function register(): void {
  observeClientAddresses();
}
