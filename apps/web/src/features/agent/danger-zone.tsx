'use client';

import type { Output } from '@agentbot/contracts/client';
import { t } from '@lingui/core/macro';
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
  const typed = { label: t`Agent name`, value: agent.name };

  async function remove() {
    const accepted = await acceptedWithToast(api('deleteAgent', { params: { id } }), {
      pending: t`Deleting…`,
      success: t`The agent is deleted`,
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
    const text = { pending: t`Backing up and clearing the data…`, success: t`Memory reset` };
    void followWithToast(api('resetAgentMemory', { params: { id } }), text, { agentId: id, agentName: name, kind: 'reset-memory' });
    return true;
  }
  async function repair() {
    const text = { pending: t`Recreating the container…`, success: t`The agent is repaired` };
    void followWithToast(api('repairAgent', { params: { id } }), text, { agentId: id, agentName: name, kind: 'repair' });
    return true;
  }

  return (
    <div className="max-w-2xl space-y-4">
      <Card
        title={t`Repair`}
        description={t`Replaces the container and keeps the data. The new container has the plan’s current limits and tools. The agent is unavailable for about 30 seconds.`}
      >
        <ConfirmButton
          kind="plain"
          action={t`Repair agent`}
          title={t`Repair ${agent.name}?`}
          description={t`The container is replaced. Data, channels and conversations are kept.`}
          confirm={t`Repair now`}
          onConfirm={repair}
        />
      </Card>
      <Card title={t`Reset memory`} description={t`Backs up the data, then clears sessions and memory. Channels and keys are kept.`}>
        <ConfirmButton
          action={t`Reset memory`}
          title={t`Reset the memory of ${agent.name}?`}
          description={t`All conversations end, and the agent forgets them. You can restore the backup that is created first. Type the agent’s name to confirm.`}
          confirm={t`Reset now`}
          typed={typed}
          onConfirm={reset}
        />
      </Card>
      <Card title={t`Delete`} description={t`Deletes the container, the data and the messages permanently.`} className="border-danger/50">
        <ConfirmButton
          action={t`Delete agent`}
          title={t`Delete ${agent.name}?`}
          description={t`The container, the data and the messages are deleted permanently. Type the agent’s name to confirm.`}
          confirm={t`Delete forever`}
          typed={typed}
          onConfirm={remove}
        />
      </Card>
    </div>
  );
}
