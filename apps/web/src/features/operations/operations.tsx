'use client';

import type { OperationView } from '@agentbot/contracts';
import { History } from 'lucide-react';
import { Stages } from '../../components/agent/operation-stages.tsx';
import { kindName } from '../../components/agent/operation-text.ts';
import { Card } from '../../components/ui/card.tsx';
import { Confirm } from '../../components/ui/confirm-button.tsx';
import { Empty } from '../../components/ui/empty-state.tsx';
import { More } from '../../components/ui/load-more.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { Ago } from '../../components/ui/relative-time.tsx';
import { api, sentenceOf } from '../../lib/api/client.ts';
import { carryOut } from '../../lib/toast/with-toast.ts';
import { useHistory } from './use-history.ts';

/** What cannot be given up once it has begun. */
const toTheEnd = ['stop', 'reset-memory', 'delete'];

function Cancel({ id, operation }: { id: string; operation: OperationView }) {
  if (operation.finishedAt || toTheEnd.includes(operation.kind)) return null;
  if (operation.cancelRequested) return <span className="text-muted text-sm">Being given up…</span>;
  const cancel = () =>
    carryOut(api('cancelOperation', { params: { id, operationId: operation.id } }), {
      doing: 'Giving it up…',
      done: 'Asked for; things are put right first',
    });
  return (
    <Confirm
      action="Cancel"
      size="small"
      title={`Give up this ${kindName(operation.kind).toLowerCase()}?`}
      about="What has begun is put right first, so that the agent is as before."
      confirm="Give it up"
      onConfirm={cancel}
    />
  );
}

/** What was done to an agent, newest first, with stages and times. */
export function Operations({ id }: { id: string }) {
  const { operations, last, problem, reread, more, moreProblem, showMore, busy } = useHistory(id);
  if (last.error && !last.data) return <Problem onRetry={() => last.mutate()}>{sentenceOf(last.error)}</Problem>;
  if (!last.data) return <Loading className="h-32" />;
  if (operations.length === 0 && !problem)
    return <Empty icon={History} title="Nothing was done yet" about="Starts, updates, backups and their stages appear here." />;
  return (
    <>
      <div className="mb-4 empty:hidden">
        <Problem onRetry={reread}>{problem}</Problem>
      </div>
      <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
        {operations.map((operation) => (
          <Card
            key={operation.id}
            title={kindName(operation.kind)}
            about={<Ago time={operation.createdAt} />}
            aside={<Cancel id={id} operation={operation} />}
          >
            <Stages operation={operation} />
          </Card>
        ))}
      </div>
      {more && <More label="Earlier operations" busy={busy} problem={moreProblem} onMore={showMore} />}
    </>
  );
}
