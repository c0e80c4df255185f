import { msg } from '@lingui/core/macro';
import { Files } from '../../../../../features/files/files.tsx';
import { pageTitle } from '../../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Files`);

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Files id={(await params).id} />;
}
