import type { Metadata } from 'next';
import { Users } from '../../../../features/admin/users.tsx';

export const metadata: Metadata = { title: 'Users' };

export default function Page() {
  return <Users />;
}
