'use client';

import type { Output } from '@agentbot/contracts/client';
import { useRouter } from 'next/navigation';
import { useSWRConfig } from 'swr';
import { Card } from '../../components/ui/card.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { api } from '../../lib/api/client.ts';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { acceptedWithToast, followWithToast } from '../../lib/toast/with-toast.ts';

/** Actions that cannot be undone or that make the agent unavailable. */
export function DangerZone({ id }: { id: string }) {
  const { data: agent } = useAgent(id);
  const router = useRouter();
  const { mutate } = useSWRConfig();
  if (!agent) return <Loading rows={3} className="h-28" />;
  const typed = { label: 'Agent name', value: agent.name };

  async function remove() {
    const accepted = await acceptedWithToast(api('deleteAgent', { params: { id } }), {
      pending: 'Deleting…',
      success: 'The agent is deleted',
    });
    if (!accepted) return false;
    // The list must not lose this row while it is on screen: the rows below would move under the pointer.
    await mutate<Output<'listOverview', 'web'>>(
      'overview',
      (known) => known && { ...known, agents: known.agents.filter((row) => row.id !== id) },
      { revalidate: false },
    );
    router.push('/agents');
    await Promise.all([mutate('overview'), mutate('me')]);
    return true;
  }
  const { name } = agent;
  // Not awaited: the toast shows the progress, so the dialogs can close.
  async function reset() {
    const text = { pending: 'Backing up and clearing the data…', success: 'Memory reset' };
    void followWithToast(api('resetAgentMemory', { params: { id } }), text, { agentId: id, agentName: name, kind: 'reset-memory' });
    return true;
  }
  async function repair() {
    const text = { pending: 'Recreating the container…', success: 'The agent is repaired' };
    void followWithToast(api('repairAgent', { params: { id } }), text, { agentId: id, agentName: name, kind: 'repair' });
    return true;
  }

  return (
    <div className="max-w-2xl space-y-4">
      <Card
        title="Repair"
        description="Replaces the container and keeps the data. The new container has the plan’s current limits and tools. The agent is unavailable for about 30 seconds."
      >
        <ConfirmButton
          kind="plain"
          action="Repair agent"
          title={`Repair ${agent.name}?`}
          description="The container is replaced. Data, channels and conversations are kept."
          confirm="Repair now"
          onConfirm={repair}
        />
      </Card>
      <Card title="Reset memory" description="Backs up the data, then clears sessions and memory. Channels and keys are kept.">
        <ConfirmButton
          action="Reset memory"
          title={`Reset the memory of ${agent.name}?`}
          description="All conversations end, and the agent forgets them. You can restore the backup that is created first. Type the agent’s name to confirm."
          confirm="Reset now"
          typed={typed}
          onConfirm={reset}
        />
      </Card>
      <Card title="Delete" description="Deletes the container, the data and the messages permanently." className="border-danger/50">
        <ConfirmButton
          action="Delete agent"
          title={`Delete ${agent.name}?`}
          description="The container, the data and the messages are deleted permanently. Type the agent’s name to confirm."
          confirm="Delete forever"
          typed={typed}
          onConfirm={remove}
        />
      </Card>
    </div>
  );
}
