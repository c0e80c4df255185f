import type { Metadata } from 'next';
import { Users } from '../../../../features/admin/users.tsx';
import { signInOptions } from '../../../../server/sign-in-options.ts';

export const metadata: Metadata = { title: 'Users' };

export default async function Page() {
  return <Users mail={(await signInOptions()).passwordReset} />;
}
