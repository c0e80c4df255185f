import { msg } from '@lingui/core/macro';
import { Configuration } from '../../../../../features/configuration/configuration.tsx';
import { pageTitle } from '../../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Configuration`);

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Configuration id={(await params).id} />;
}
