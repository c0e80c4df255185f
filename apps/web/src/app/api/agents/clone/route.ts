import { proxyRoute } from '../../../../server/proxy-route.ts';

export const GET = proxyRoute('getCloneService');
export const POST = proxyRoute('cloneAgent');
