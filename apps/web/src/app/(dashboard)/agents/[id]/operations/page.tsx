import { msg } from '@lingui/core/macro';
import { Operations } from '../../../../../features/operations/operations.tsx';
import { pageTitle } from '../../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Operations`);

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Operations id={(await params).id} />;
}
