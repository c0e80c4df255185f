import type { Output } from '@agentbot/contracts/client';
import useSWR from 'swr';
import { api } from '../api/client.ts';

export type ProviderKeys = Output<'listProviderKeys', 'web'>;

/** Reads the model providers' keys of the account, without their values. */
export const useProviderKeys = () => useSWR('provider-keys', () => api('listProviderKeys', {}), { revalidateOnFocus: false });

/** Whether the account, or the operator for the account, has a key for a provider. */
export const hasKeyFor = (known: ProviderKeys | undefined, provider: string | undefined): boolean =>
  known !== undefined &&
  (known.keys.some((key) => key.provider === provider) || (known.included?.providers.some((each) => each === provider) ?? false));
