import { proxyRoute } from '../../../server/proxy-route.ts';

export const GET = proxyRoute('getPlanRequest');
export const POST = proxyRoute('requestPlan');
