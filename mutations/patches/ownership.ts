import type { Patch } from '../patch.ts';

const test = { package: '@agentbot/backend', file: 'test/tenancy.test.ts' };
const migration = (name: string) => `apps/backend/prisma/migrations/${name}/migration.sql`;
const sessions = migration('20261128020000_sessions');
const subscriptions = migration('20261125082000_subscriptions');

/** Whose a row is. The tests migrate a database of their own, so a fault in a migration reaches it. */
export const ownership: Patch[] = [
  {
    id: 'sessions-read',
    file: sessions,
    find: "  USING (owner_id = current_setting('app.user_id', true) OR",
    replace: '  USING (true OR',
    harm: 'one account reads the sessions of another',
    test,
  },
  {
    id: 'sessions-write',
    file: sessions,
    find: "  WITH CHECK (owner_id = current_setting('app.user_id', true) OR",
    replace: '  WITH CHECK (true OR',
    harm: 'one account makes a session of another',
    test,
  },
  {
    id: 'subscriptions-read',
    file: subscriptions,
    find: "  USING (owner_id = current_setting('app.user_id', true) OR",
    replace: '  USING (true OR',
    harm: 'one account reads the subscriptions of another',
    test,
  },
  {
    id: 'subscriptions-write',
    file: subscriptions,
    find: "  WITH CHECK (owner_id = current_setting('app.user_id', true) OR",
    replace: '  WITH CHECK (true OR',
    harm: 'one account gives itself the subscription of another',
    test,
  },
];
