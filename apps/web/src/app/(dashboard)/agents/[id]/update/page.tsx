import type { Metadata } from 'next';
import { Update } from '../../../../../features/agent/update.tsx';

export const metadata: Metadata = { title: 'Update' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Update id={(await params).id} />;
}
