'use client';

import { t } from '@lingui/core/macro';
import { useEffect, useState } from 'react';
import { operationAdvice, operationName, stageName } from '../../components/agent/operation-text.ts';
import { outcomeName } from '../../components/agent/outcome-name.ts';
import { useOperations } from '../../lib/hooks/use-operations.ts';
import { toast } from '../../lib/toast/toast.ts';
import { type TrackedOperation, trackedOperations, untrack } from '../../lib/tracked-operations.ts';

/** Clocks of browser and server may differ by this much. */
const CLOCK_MS = 60_000;
/** A request that has begun no operation after this time never will. */
const BEGIN_MS = 30_000;
const RETRY_MS = 1_000;

/** Follows one operation in a toast until its end. */
function Followed({ tracked, onEnd }: { tracked: TrackedOperation; onEnd: () => void }) {
  const { data, error, mutate } = useOperations(tracked.agentId);
  const operation = data?.operations.findLast(
    ({ kind, createdAt }) => kind === tracked.kind && Date.parse(createdAt) >= tracked.since - CLOCK_MS,
  );
  useEffect(() => {
    const id = `operation ${tracked.agentId} ${tracked.since}`;
    const [kind, agent] = [operationName(tracked.kind), tracked.agentName];
    const name = t`${kind} of ${agent}`;
    if (operation && !operation.finishedAt) {
      const step = operation.steps.at(-1);
      const stage = step ? stageName(step.name) : t`waiting`;
      toast.loading(t`${name}: ${stage}…`, { id });
      return;
    }
    if (!operation && !error && Date.now() < tracked.since + BEGIN_MS) {
      const timer = setInterval(() => {
        void mutate();
        if (Date.now() > tracked.since + BEGIN_MS) {
          untrack(tracked);
          onEnd();
        }
      }, RETRY_MS);
      return () => clearInterval(timer);
    }
    if (operation?.state === 'succeeded') toast.success(t`${name}: done`, { id });
    else if (operation)
      toast.error(t`${name}: ${{ state: outcomeName(operation.state) }}`, {
        id,
        description: operation.error ?? operationAdvice(operation),
        duration: 20_000,
      });
    else toast.dismiss(id);
    untrack(tracked);
    onEnd();
  }, [operation, error, mutate, tracked, onEnd]);
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
