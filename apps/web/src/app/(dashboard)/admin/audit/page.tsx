import { msg } from '@lingui/core/macro';
import { AuditLog } from '../../../../features/audit/audit-log.tsx';
import { auditActions } from '../../../../server/audit-actions.ts';
import { pageTitle } from '../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Audit`);

export default function Page() {
  return <AuditLog actions={auditActions} ofAllAccounts />;
}
