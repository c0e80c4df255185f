import type { Metadata } from 'next';
import { Chat } from '../../../../../features/chat/chat.tsx';

export const metadata: Metadata = { title: 'Chat' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Chat id={(await params).id} />;
}
