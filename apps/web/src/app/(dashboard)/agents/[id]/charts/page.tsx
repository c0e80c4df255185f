import type { Metadata } from 'next';
import { Charts } from '../../../../../features/charts/charts.tsx';

export const metadata: Metadata = { title: 'Charts' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Charts id={(await params).id} />;
}
