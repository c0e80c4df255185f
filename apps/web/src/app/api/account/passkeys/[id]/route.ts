import { proxyRoute } from '../../../../../server/proxy-route.ts';

export const PATCH = proxyRoute('renameAccountPasskey');
export const DELETE = proxyRoute('removeAccountPasskey');
