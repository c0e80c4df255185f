import { exportAllAudit, listAllAudit } from '../../domain/audit/all-accounts.ts';
import { exportAudit } from '../../domain/audit/export-audit.ts';
import { listAudit } from '../../domain/audit/list-audit.ts';
import type { Context } from '../../domain/context.ts';
import type { Handlers } from '../mount-routes.ts';
import { nextPage } from '../next-page.ts';

/** Handlers for the routes of packages/contracts/src/audit.ts. */
export function auditHandlers(context: Context) {
  return {
    listAudit: async ({ actor, query, header }) => {
      const page = await listAudit(context, actor, query);
      nextPage(header, query, page);
      return { entries: page.entries, status: 'ok' };
    },
    exportAudit: ({ actor, query }) => exportAudit(context, actor, query),
    listAllAudit: ({ query }) => listAllAudit(context, query),
    exportAllAudit: ({ query }) => exportAllAudit(context, query),
  } satisfies Partial<Handlers>;
}
