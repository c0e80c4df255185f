import { msg } from '@lingui/core/macro';
import { Wallets } from '../../../../features/wallets/wallets.tsx';
import { pageTitle } from '../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Wallets`);

export default function Page() {
  return <Wallets />;
}
