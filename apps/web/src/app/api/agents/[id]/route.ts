import { proxyRoute } from '../../../../server/proxy-route.ts';

export const GET = proxyRoute('getAgent');
export const PUT = proxyRoute('updateAgentMetadata');
export const DELETE = proxyRoute('deleteAgent');
