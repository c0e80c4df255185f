import { msg } from '@lingui/core/macro';
import { SharedKeys } from '../../../../features/admin/shared-keys.tsx';
import { pageTitle } from '../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Shared model keys`);

export default function Page() {
  return <SharedKeys />;
}
