import { proxyRoute } from '../../../../server/proxy-route.ts';

export const PUT = proxyRoute('saveProviderKey');
export const DELETE = proxyRoute('deleteProviderKey');
