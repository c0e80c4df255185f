import { proxyRoute } from '../../../server/proxy-route.ts';

export const GET = proxyRoute('listChat');
export const POST = proxyRoute('sendMessage');
