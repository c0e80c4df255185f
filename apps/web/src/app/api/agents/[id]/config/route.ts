import { proxyRoute } from '../../../../../server/proxy-route.ts';

export const GET = proxyRoute('getAgentConfig');
export const PUT = proxyRoute('updateAgentConfig');
