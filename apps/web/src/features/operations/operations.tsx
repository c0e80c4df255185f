'use client';

import type { OperationView } from '@agentbot/contracts';
import { History } from 'lucide-react';
import { Card } from '../../components/ui/card.tsx';
import { Confirm } from '../../components/ui/confirm.tsx';
import { Empty } from '../../components/ui/empty.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { act } from '../act.ts';
import { Ago } from '../ago.tsx';
import { api, sentenceOf } from '../api.ts';
import { Stages } from './stages.tsx';
import { useOperations } from './use-operations.ts';
import { kindName } from './words.ts';

/** What cannot be given up once it has begun. */
const toTheEnd = ['stop', 'reset-memory', 'delete'];

function Cancel({ id, operation }: { id: string; operation: OperationView }) {
  if (operation.finishedAt || toTheEnd.includes(operation.kind)) return null;
  if (operation.cancelRequested) return <span className="text-muted text-sm">Being given up…</span>;
  async function cancel() {
    const words = { doing: 'Giving it up…', done: 'Asked for; things are put right first' };
    return (await act(api('cancelOperation', { params: { id, operationId: operation.id } }), words)) !== undefined;
  }
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
  const { data, error, mutate } = useOperations(id);
  if (error && !data) return <Problem onRetry={() => mutate()}>{sentenceOf(error)}</Problem>;
  if (!data) return <Loading className="h-32" />;
  if (data.operations.length === 0)
    return <Empty icon={History} title="Nothing was done yet" about="Starts, updates, backups and their stages appear here." />;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
      {data.operations.map((operation) => (
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
  );
}
