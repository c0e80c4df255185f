import type { Metadata } from 'next';
import { ResetPassword } from '../../features/account/password-forms.tsx';

// `no-referrer` keeps the token in the URL from other sites.
export const metadata: Metadata = { title: 'Set a new password', referrer: 'no-referrer' };

interface Props {
  searchParams: Promise<{ token?: string }>;
}

export default async function Page({ searchParams }: Props) {
  return <ResetPassword token={(await searchParams).token ?? ''} />;
}
