import { proxyRoute } from '../../../../server/proxy-route.ts';

export const GET = proxyRoute('listUsers');
export const POST = proxyRoute('createUser');
