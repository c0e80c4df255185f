import { proxyRoute } from '../../../../../server/proxy-route.ts';

export const PUT = proxyRoute('challengeAccountPasskey');
