import { msg } from '@lingui/core/macro';
import { Overview } from '../../../../features/agent/overview.tsx';
import { pageTitle } from '../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Agent`);

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Overview id={(await params).id} />;
}
