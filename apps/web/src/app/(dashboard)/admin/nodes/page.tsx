import type { Metadata } from 'next';
import { Nodes } from '../../../../features/admin/nodes.tsx';

export const metadata: Metadata = { title: 'Nodes' };

export default function Page() {
  return <Nodes />;
}
