import { msg } from '@lingui/core/macro';
import { ModelKeys } from '../../../../features/account/model-keys.tsx';
import { pageTitle } from '../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Model keys`);

export default function Page() {
  return <ModelKeys />;
}
