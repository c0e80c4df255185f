import { msg } from '@lingui/core/macro';
import { Channels } from '../../../../../features/channels/channels.tsx';
import { pageTitle } from '../../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Channels`);

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Channels id={(await params).id} />;
}
