import { msg } from '@lingui/core/macro';
import { Schedule } from '../../../../../features/schedule/schedule.tsx';
import { pageTitle } from '../../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Schedule`);

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Schedule id={(await params).id} />;
}
