'use client';

import type { Addresses } from '@agentbot/contracts/addresses';
import type { ReactNode } from 'react';
import { setAddresses } from '../lib/api/client.ts';

/** Passes the API's addresses to the browser, so that its bundle does not contain the contract. */
export function ApiAddresses({ table, children }: { table: Addresses; children: ReactNode }) {
  setAddresses(table);
  return children;
}
