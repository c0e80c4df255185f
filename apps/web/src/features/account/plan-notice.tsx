'use client';

import { useMe } from './use-me.ts';

/** Says what is missing to somebody whose account cannot provision agents yet. */
export function PlanNotice() {
  const { data: me } = useMe();
  if (!me || me.plan || me.admin) return null;
  return (
    <p className="mb-4 rounded-lg border border-warn/40 bg-warn/10 px-3 py-2 text-sm">
      Your account has no plan yet. An administrator of this installation must grant you one before you can create an agent.
    </p>
  );
}
