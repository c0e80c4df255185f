import { proxyRoute } from '../../../server/proxy-route.ts';

export const GET = proxyRoute('listApiKeys');
export const POST = proxyRoute('createApiKey');
