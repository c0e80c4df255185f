import { proxyRoute } from '../../../../server/proxy-route.ts';

export const POST = proxyRoute('challengePasskeySignIn');
