import { proxyRoute } from '../../../../../server/proxy-route.ts';

export const GET = proxyRoute('listBackups');
export const POST = proxyRoute('createBackup');
