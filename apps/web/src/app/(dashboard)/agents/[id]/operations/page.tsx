import type { Metadata } from 'next';
import { Operations } from '../../../../../features/operations/operations.tsx';

export const metadata: Metadata = { title: 'Operations' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Operations id={(await params).id} />;
}
