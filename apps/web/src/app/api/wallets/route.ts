import { proxyRoute } from '../../../server/proxy-route.ts';

export const GET = proxyRoute('listWallets');
export const POST = proxyRoute('linkWallet');
