'use client';

import type { OperationView } from '@agentbot/contracts';
import { History } from 'lucide-react';
import { OperationStages } from '../../components/agent/operation-stages.tsx';
import { operationName } from '../../components/agent/operation-text.ts';
import { Card } from '../../components/ui/card.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { LoadMore } from '../../components/ui/load-more.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { acceptedWithToast } from '../../lib/toast/with-toast.ts';
import { useHistory } from './use-history.ts';

/** Operations that cannot be cancelled after they start. */
const notCancellable = ['stop', 'reset-memory', 'delete'];

function CancelButton({ id, operation }: { id: string; operation: OperationView }) {
  if (operation.finishedAt || notCancellable.includes(operation.kind)) return null;
  if (operation.cancelRequested) return <span className="text-muted text-sm">Cancelling…</span>;
  const cancel = () =>
    acceptedWithToast(api('cancelOperation', { params: { id, operationId: operation.id } }), {
      pending: 'Requesting the cancellation…',
      success: 'Cancellation requested. Changes so far are rolled back',
    });
  return (
    <ConfirmButton
      action="Cancel"
      size="small"
      title={`Cancel this ${operationName(operation.kind).toLowerCase()}?`}
      description="Changes made so far are rolled back, so that the agent is as it was before."
      confirm="Cancel operation"
      onConfirm={cancel}
    />
  );
}

/** An agent's operations, newest first. */
export function Operations({ id }: { id: string }) {
  const { operations, last, problem, reload, hasMore, loadMoreProblem, loadMore, busy } = useHistory(id);
  if (last.error && !last.data) return <Problem onRetry={() => last.mutate()}>{errorMessage(last.error)}</Problem>;
  if (!last.data) return <Loading className="h-32" />;
  if (operations.length === 0 && !problem)
    return <EmptyState icon={History} title="No operations yet" description="Starts, updates and backups appear here with their stages." />;
  return (
    <>
      <div className="mb-4 empty:hidden">
        <Problem onRetry={reload}>{problem}</Problem>
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
        {operations.map((operation) => (
          <Card
            key={operation.id}
            title={operationName(operation.kind)}
            description={<RelativeTime time={operation.createdAt} />}
            aside={<CancelButton id={id} operation={operation} />}
          >
            <OperationStages operation={operation} />
          </Card>
        ))}
      </div>
      {hasMore && <LoadMore label="Earlier operations" busy={busy} problem={loadMoreProblem} onLoadMore={loadMore} />}
    </>
  );
}
