'use client';

import type { Addresses as Table } from '@agentbot/contracts/addresses';
import type { ReactNode } from 'react';
import { setAddresses } from '../lib/api/client.ts';

/** Tells the browser where the API's operations are: the server has read the contract, so that nobody else needs to. */
export function Addresses({ table, children }: { table: Table; children: ReactNode }) {
  setAddresses(table);
  return children;
}
