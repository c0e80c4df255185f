import { requireConfig } from '../config.ts';
import { observeClientAddresses } from './client-address.ts';

/** What the server does before its first request. */
export function start(): void {
  requireConfig();
  observeClientAddresses();
}
