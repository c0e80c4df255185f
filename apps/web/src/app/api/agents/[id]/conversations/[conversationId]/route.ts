import { proxyRoute } from '../../../../../../server/proxy-route.ts';

export const PATCH = proxyRoute('renameConversation');
export const DELETE = proxyRoute('deleteConversation');
