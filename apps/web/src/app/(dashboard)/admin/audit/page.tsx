import type { Metadata } from 'next';
import { AuditLog } from '../../../../features/audit/audit-log.tsx';
import { auditActions } from '../../../../server/audit-actions.ts';

export const metadata: Metadata = { title: 'Audit' };

export default function Page() {
  return <AuditLog actions={auditActions} ofAllAccounts />;
}
