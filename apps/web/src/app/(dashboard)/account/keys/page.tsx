import type { Metadata } from 'next';
import { config } from '../../../../config.ts';
import { ApiKeys } from '../../../../features/account/api-keys.tsx';

export const metadata: Metadata = { title: 'API keys' };

export default function Page() {
  const { PUBLIC_API_URL, BACKEND_URL } = config();
  return <ApiKeys backendUrl={PUBLIC_API_URL ?? BACKEND_URL} />;
}
