import useSWR from 'swr';
import { api } from '../api/client.ts';

/** Reads the model providers' keys of the account, without their values. */
export const useProviderKeys = () => useSWR('provider-keys', () => api('listProviderKeys', {}), { revalidateOnFocus: false });
