import { proxyRoute } from '../../../../../../../server/proxy-route.ts';

export const POST = proxyRoute('linkWhatsApp');
export const DELETE = proxyRoute('unlinkWhatsApp');
