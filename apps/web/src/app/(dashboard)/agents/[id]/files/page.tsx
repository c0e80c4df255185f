import type { Metadata } from 'next';
import { Files } from '../../../../../features/files/files.tsx';

export const metadata: Metadata = { title: 'Files' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Files id={(await params).id} />;
}
