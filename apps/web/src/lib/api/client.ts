import type { RouteId } from '@agentbot/contracts';
import type { Addresses } from '@agentbot/contracts/addresses';
import { createClient } from '@agentbot/contracts/client';

let addresses: Addresses = {};
/** Sets method and path of every operation. The root layout calls it before any request. */
export function setAddresses(table: Addresses): void {
  addresses = table;
}

/** Calls the web's own API, typed by the contract. @throws ApiError when the status is not 2xx */
export const api = createClient('web', () => addresses);

/** The URL of an operation, for streams and downloads. @param values of the path parameters, in order */
export function urlOf(id: RouteId, ...values: string[]): string {
  return (addresses[id]?.path ?? '').replace(/:[A-Za-z]+/g, () => encodeURIComponent(values.shift() ?? ''));
}
