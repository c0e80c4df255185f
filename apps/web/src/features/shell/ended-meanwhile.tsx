'use client';

import { useEffect, useState } from 'react';
import { toast } from 'sonner';
import { operationAdvice, operationName, stageName } from '../../components/agent/operation-text.ts';
import { useOperations } from '../../lib/hooks/use-operations.ts';
import { type TrackedOperation, trackedOperations, untrack } from '../../lib/tracked-operations.ts';

/** Clocks of browser and server may differ by this much. */
const CLOCK_MS = 60_000;

/** Follows one operation in a toast until its end. */
function Followed({ tracked, onEnd }: { tracked: TrackedOperation; onEnd: () => void }) {
  const { data, error } = useOperations(tracked.agentId);
  const operation = data?.operations.findLast(
    ({ kind, createdAt }) => kind === tracked.kind && Date.parse(createdAt) >= tracked.since - CLOCK_MS,
  );
  useEffect(() => {
    const id = `operation ${tracked.agentId} ${tracked.since}`;
    const name = `${operationName(tracked.kind)} of ${tracked.agentName}`;
    if (operation && !operation.finishedAt) {
      const step = operation.steps.at(-1);
      toast.loading(`${name}: ${step ? stageName(step.name) : 'waiting'}…`, { id });
      return;
    }
    if (!operation && !data && !error) return;
    if (operation?.state === 'succeeded') toast.success(`${name}: done`, { id });
    else if (operation)
      toast.error(`${name}: ${operation.state}`, { id, description: operation.error ?? operationAdvice(operation), duration: 20_000 });
    else toast.dismiss(id);
    untrack(tracked);
    onEnd();
  }, [operation, data, error, tracked, onEnd]);
  return null;
}

/** Tells how the operations go on, or ended, that an earlier page of this browser started. */
export default function EndedMeanwhile() {
  const [open, setOpen] = useState(trackedOperations);
  return open.map((tracked) => (
    <Followed
      key={`${tracked.agentId} ${tracked.since}`}
      tracked={tracked}
      onEnd={() => setOpen((before) => before.filter((each) => each !== tracked))}
    />
  ));
}
