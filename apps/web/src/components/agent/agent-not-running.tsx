import type { AgentOverview } from '@agentbot/contracts';
import { PowerOff } from 'lucide-react';
import { EmptyState } from '../ui/empty-state.tsx';

/** Whether an agent's gateway can answer: the agent runs in a container. */
export const hasGateway = ({ status, runtime }: AgentOverview) => status === 'running' && runtime === 'container';

/** Says why data of the agent's gateway cannot be shown. @param what the data, as in `Its files` */
export function AgentNotRunning({ agent, what }: { agent: AgentOverview; what: string }) {
  const description =
    agent.status === 'running'
      ? `${what} appear here when the agent runs in a container.`
      : `${what} are read from the running agent. Start the agent to see them.`;
  return <EmptyState icon={PowerOff} title="The agent is not running in a container" description={description} />;
}
