import { proxyRoute } from '../../../../../server/proxy-route.ts';

export const DELETE = proxyRoute('endAccountSession');
