import { msg } from '@lingui/core/macro';
import { Nodes } from '../../../../features/admin/nodes.tsx';
import { pageTitle } from '../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Nodes`);

export default function Page() {
  return <Nodes />;
}
