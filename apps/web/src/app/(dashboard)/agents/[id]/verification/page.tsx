import type { Metadata } from 'next';
import { Verification } from '../../../../../features/verification/verification.tsx';

export const metadata: Metadata = { title: 'Verification' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Verification id={(await params).id} />;
}
