import type { Metadata } from 'next';
import { Health } from '../../../features/admin/health.tsx';
import { SetupChecklist } from '../../../features/admin/setup-checklist.tsx';

export const metadata: Metadata = { title: 'Health' };

export default function Page() {
  return <Health checklist={<SetupChecklist />} />;
}
