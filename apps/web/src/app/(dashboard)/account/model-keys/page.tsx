import type { Metadata } from 'next';
import { ModelKeys } from '../../../../features/account/model-keys.tsx';

export const metadata: Metadata = { title: 'Model keys' };

export default function Page() {
  return <ModelKeys />;
}
