'use client';

import dynamic from 'next/dynamic';
import { useMe } from '../../lib/hooks/use-me.ts';

// Loaded for administrators only, and only while it is shown.
const SetupChecklist = dynamic(() => import('./setup-checklist.tsx').then((module) => module.SetupChecklist), { ssr: false });

/** The checklist on an administrator's first page. Renders nothing for anybody else. */
export function FirstRun() {
  const { data: me } = useMe();
  return me?.admin ? <SetupChecklist /> : null;
}
