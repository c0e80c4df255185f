import { proxyRoute } from '../../../../../../server/proxy-route.ts';

export const GET = proxyRoute('getAgentFile');
export const PUT = proxyRoute('updateAgentFile');
