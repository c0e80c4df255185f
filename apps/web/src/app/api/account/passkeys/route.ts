import { proxyRoute } from '../../../../server/proxy-route.ts';

export const GET = proxyRoute('listAccountPasskeys');
export const POST = proxyRoute('addAccountPasskey');
