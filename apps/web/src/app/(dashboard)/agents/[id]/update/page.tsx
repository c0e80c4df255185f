import { msg } from '@lingui/core/macro';
import { Update } from '../../../../../features/agent/update.tsx';
import { pageTitle } from '../../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Update`);

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Update id={(await params).id} />;
}
