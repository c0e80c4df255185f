import { msg } from '@lingui/core/macro';
import { Chat } from '../../../../../features/chat/chat.tsx';
import { pageTitle } from '../../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Chat`);

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Chat id={(await params).id} />;
}
