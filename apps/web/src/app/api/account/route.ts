import { proxyRoute } from '../../../server/proxy-route.ts';

export const GET = proxyRoute('getAccount');
export const PUT = proxyRoute('updateAccount');
export const DELETE = proxyRoute('deleteAccount');
