import { msg } from '@lingui/core/macro';
import type { Metadata } from 'next';
import { ResetPassword } from '../../features/account/password-forms.tsx';
import { pageTitle } from '../../server/page-title.ts';

const title = pageTitle(msg`Set a new password`);

// `no-referrer` keeps the token in the URL from other sites.
export const generateMetadata = async (): Promise<Metadata> => ({ ...(await title()), referrer: 'no-referrer' });

interface Props {
  searchParams: Promise<{ token?: string }>;
}

export default async function Page({ searchParams }: Props) {
  return <ResetPassword token={(await searchParams).token ?? ''} />;
}
