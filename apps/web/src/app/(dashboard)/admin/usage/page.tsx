import { msg } from '@lingui/core/macro';
import { TopSpenders } from '../../../../features/usage/top-spenders.tsx';
import { pageTitle } from '../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Top spenders`);

export default function Page() {
  return <TopSpenders />;
}
