'use client';

import type { OperationView } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { History } from 'lucide-react';
import { OperationStages } from '../../components/agent/operation-stages.tsx';
import { operationInSentence, operationName } from '../../components/agent/operation-text.ts';
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
  if (operation.cancelRequested)
    return (
      <span className="text-muted text-sm">
        <Trans>Cancelling…</Trans>
      </span>
    );
  const cancel = () =>
    acceptedWithToast(api('cancelOperation', { params: { id, operationId: operation.id } }), {
      pending: t`Requesting the cancellation…`,
      success: t`Cancellation requested. Changes so far are rolled back`,
    });
  return (
    <ConfirmButton
      action={t`Cancel`}
      size="small"
      title={t`Cancel this ${{ operation: operationInSentence(operation.kind) }}?`}
      description={t`Changes made so far are rolled back, so that the agent is as it was before.`}
      confirm={t`Cancel operation`}
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
    return (
      <EmptyState icon={History} title={t`No operations yet`} description={t`Starts, updates and backups appear here with their stages.`} />
    );
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
      {hasMore && <LoadMore label={t`Earlier operations`} busy={busy} problem={loadMoreProblem} onLoadMore={loadMore} />}
    </>
  );
}
