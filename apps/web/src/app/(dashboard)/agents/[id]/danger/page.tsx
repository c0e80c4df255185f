import type { Metadata } from 'next';
import { DangerZone } from '../../../../../features/agent/danger-zone.tsx';

export const metadata: Metadata = { title: 'Danger zone' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <DangerZone id={(await params).id} />;
}
