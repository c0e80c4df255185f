import type { Metadata } from 'next';
import { Channels } from '../../../../../features/channels/channels.tsx';

export const metadata: Metadata = { title: 'Channels' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Channels id={(await params).id} />;
}
