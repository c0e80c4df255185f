import { msg } from '@lingui/core/macro';
import { Charts } from '../../../../../features/charts/charts.tsx';
import { pageTitle } from '../../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Charts`);

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Charts id={(await params).id} />;
}
