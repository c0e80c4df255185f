import { proxyRoute } from '../../../../../server/proxy-route.ts';

export const PUT = proxyRoute('saveInstallationKey');
export const DELETE = proxyRoute('deleteInstallationKey');
