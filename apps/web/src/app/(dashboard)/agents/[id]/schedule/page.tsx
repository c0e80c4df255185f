import type { Metadata } from 'next';
import { Schedule } from '../../../../../features/schedule/schedule.tsx';

export const metadata: Metadata = { title: 'Schedule' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Schedule id={(await params).id} />;
}
