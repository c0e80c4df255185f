import { msg } from '@lingui/core/macro';
import { LiveLog } from '../../../../../features/logs/live-log.tsx';
import { pageTitle } from '../../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Logs`);

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <LiveLog id={(await params).id} />;
}
