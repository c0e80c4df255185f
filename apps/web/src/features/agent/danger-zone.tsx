'use client';

import { useRouter } from 'next/navigation';
import { useSWRConfig } from 'swr';
import { Card } from '../../components/ui/card.tsx';
import { Confirm } from '../../components/ui/confirm-button.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { api } from '../../lib/api/client.ts';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { carryOut } from '../../lib/toast/with-toast.ts';

/** What cannot be taken back, or takes the agent away for a while. */
export function DangerZone({ id }: { id: string }) {
  const { data: agent } = useAgent(id);
  const router = useRouter();
  const { mutate } = useSWRConfig();
  if (!agent) return <Loading rows={3} className="h-28" />;
  const typed = { label: 'Agent name', value: agent.name };

  async function remove() {
    const begun = await carryOut(api('deleteAgent', { params: { id } }), { doing: 'Deleting…', done: 'The agent is deleted' });
    if (!begun) return false;
    router.push('/agents');
    await Promise.all([mutate('overview'), mutate('me')]);
    return true;
  }
  const reset = () =>
    carryOut(api('resetAgentMemory', { params: { id } }), { doing: 'Archiving, then clearing…', done: 'The agent begins anew' });
  const repair = () =>
    carryOut(api('repairAgent', { params: { id } }), { doing: 'Making the container anew…', done: 'The agent is repaired' });

  return (
    <div className="max-w-2xl space-y-4">
      <Card
        title="Repair"
        about="Makes the container anew on the same data, with the plan’s present limits and tools. Away for about half a minute."
      >
        <Confirm
          kind="plain"
          action="Repair agent"
          title={`Repair ${agent.name}?`}
          about="Its container is replaced. Data, channels and conversations stay."
          confirm="Repair now"
          onConfirm={repair}
        />
      </Card>
      <Card title="Reset memory" about="Archives the data as a backup, then clears sessions and memory. Channels and keys stay.">
        <Confirm
          action="Reset memory"
          title={`Reset the memory of ${agent.name}?`}
          about="Its conversations end and it remembers nothing of them. The backup made before can be restored. Type the agent's name to confirm."
          confirm="Reset now"
          typed={typed}
          onConfirm={reset}
        />
      </Card>
      <Card title="Delete" about="Removes container, data and messages for good." className="border-danger/50">
        <Confirm
          action="Delete agent"
          title={`Delete ${agent.name}?`}
          about="Its container, its data and its messages are removed for good. Type the agent's name to confirm."
          confirm="Delete forever"
          typed={typed}
          onConfirm={remove}
        />
      </Card>
    </div>
  );
}
