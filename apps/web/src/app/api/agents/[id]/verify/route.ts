import { proxyRoute } from '../../../../../server/proxy-route.ts';

export const GET = proxyRoute('getVerification');
export const POST = proxyRoute('verifyAgent');
export const DELETE = proxyRoute('removeVerification');
