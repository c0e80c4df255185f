import { proxyRoute } from '../../../server/proxy-route.ts';

export const GET = proxyRoute('askAgent');
export const POST = proxyRoute('tellAgent');
