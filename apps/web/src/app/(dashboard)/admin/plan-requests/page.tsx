import type { Metadata } from 'next';
import { PlanRequests } from '../../../../features/admin/plan-requests.tsx';

export const metadata: Metadata = { title: 'Plan requests' };

export default function Page() {
  return <PlanRequests />;
}
