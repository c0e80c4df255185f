import type { AgentOverview } from '@agentbot/contracts';
import { Trans } from '@lingui/react/macro';
import Link from 'next/link';
import { OperationStages } from '../../components/agent/operation-stages.tsx';
import { useOperations } from '../../lib/hooks/use-operations.ts';

/** The stages of the agent's last operation, while it is starting or after it failed. */
function Stages({ id }: { id: string }) {
  const { data } = useOperations(id);
  const newest = data?.operations[0];
  return (
    <div className="mx-auto max-w-md rounded-xl border border-line p-4">
      {newest ? (
        <OperationStages operation={newest} />
      ) : (
        <p className="text-muted text-sm">
          <Trans>Loading…</Trans>
        </p>
      )}
    </div>
  );
}

/** What an empty conversation shows: how far the agent is, or an invitation to write. */
export function Beginning({ agent }: { agent: Pick<AgentOverview, 'id' | 'status' | 'aiProvider'> | undefined }) {
  if (agent?.status === 'provisioning' || agent?.status === 'error') return <Stages id={agent.id} />;
  if (agent?.status !== 'running')
    return (
      <p className="text-muted text-sm">
        <Trans>You can send messages when the agent is running.</Trans>
      </p>
    );
  return (
    <p className="text-muted text-sm">
      <Trans>Say hello to your agent.</Trans>
      {agent.aiProvider === 'demo' && (
        <>
          {' '}
          <Trans>
            This is a demo: it repeats what you write. For real answers, choose a provider under{' '}
            <Link href={`/agents/${agent.id}/configuration`} className="text-accent underline">
              Configuration
            </Link>
            .
          </Trans>
        </>
      )}
    </p>
  );
}
