import { proxyRoute } from '../../../../server/proxy-route.ts';

export const GET = proxyRoute('listAllAudit');
