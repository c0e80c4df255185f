import type { Metadata } from 'next';
import { Configuration } from '../../../../../features/configuration/configuration.tsx';

export const metadata: Metadata = { title: 'Configuration' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Configuration id={(await params).id} />;
}
