import { proxyRoute } from '../../../../server/proxy-route.ts';

export const GET = proxyRoute('listProvisionedAgents');
export const POST = proxyRoute('provisionAgent');
