import type { Metadata } from 'next';
import { Backups } from '../../../../../features/backups/backups.tsx';

export const metadata: Metadata = { title: 'Backups' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Backups id={(await params).id} />;
}
