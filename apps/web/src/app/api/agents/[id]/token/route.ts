import { proxyRoute } from '../../../../../server/proxy-route.ts';

export const GET = proxyRoute('getAgentToken');
export const POST = proxyRoute('replaceAgentToken');
