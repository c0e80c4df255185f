import type { Metadata } from 'next';
import { LiveLog } from '../../../../../features/logs/live-log.tsx';

export const metadata: Metadata = { title: 'Logs' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <LiveLog id={(await params).id} />;
}
