import { linkWhatsApp, listChannels, unlinkWhatsApp } from '../../domain/channels/channels.ts';
import { checkChannelToken } from '../../domain/channels/check-token.ts';
import type { Context } from '../../domain/context.ts';
import type { Handlers } from '../mount-routes.ts';

/** Handlers for the routes of packages/contracts/src/channels.ts. */
export function channelsHandlers(context: Context) {
  return {
    listChannels: async ({ actor, params }) => ({ channels: await listChannels(context, actor, params.id), status: 'ok' }),
    checkChannelToken: async ({ body }) => ({ account: await checkChannelToken(context, body.channel, body.token), status: 'ok' }),
    linkWhatsApp: ({ actor, params }) => linkWhatsApp(context, actor, params.id),
    unlinkWhatsApp: async ({ actor, params }) => {
      await unlinkWhatsApp(context, actor, params.id);
      return { success: true, status: 'pairing' };
    },
  } satisfies Partial<Handlers>;
}
