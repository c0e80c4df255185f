import { proxyRoute } from '../../../../../../server/proxy-route.ts';

export const PUT = proxyRoute('grantPlan');
export const DELETE = proxyRoute('withdrawPlan');
