import type { Metadata } from 'next';
import { SharedKeys } from '../../../../features/admin/shared-keys.tsx';

export const metadata: Metadata = { title: 'Shared model keys' };

export default function Page() {
  return <SharedKeys />;
}
