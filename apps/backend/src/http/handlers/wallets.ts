import type { Context } from '../../domain/context.ts';
import type { Handlers } from '../mount-routes.ts';

// Loaded on first use: these modules load slowly, and few requests need them.
const wallets = () => import('../../domain/verification/wallets.ts');

/** Handlers for the routes of packages/contracts/src/wallets.ts. */
export function walletsHandlers(context: Context) {
  return {
    createWalletChallenge: async ({ actor, body }) => (await wallets()).createWalletChallenge(context, actor, body.address),
    linkWallet: async ({ actor, body }) => (await wallets()).linkWallet(context, actor, body),
    listWallets: async ({ actor }) => ({ wallets: await (await wallets()).listWallets(context, actor) }),
    unlinkWallet: async ({ actor, params }) => {
      await (await wallets()).unlinkWallet(context, actor, params.address);
      return { address: params.address, deleted: true };
    },
  } satisfies Partial<Handlers>;
}
