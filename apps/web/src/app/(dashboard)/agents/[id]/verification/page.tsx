import { msg } from '@lingui/core/macro';
import { Verification } from '../../../../../features/verification/verification.tsx';
import { pageTitle } from '../../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Verification`);

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Verification id={(await params).id} />;
}
