import type { AgentOverview } from '@agentbot/contracts';
import { msg, t } from '@lingui/core/macro';
import { PowerOff } from 'lucide-react';
import { say } from '../../lib/language/texts.ts';
import { EmptyState } from '../ui/empty-state.tsx';

/** Whether an agent's gateway can answer: the agent runs in a container. */
export const hasGateway = ({ status, runtime }: AgentOverview) => status === 'running' && runtime === 'container';

const texts = {
  instructions: {
    later: msg`Its instructions appear here when the agent runs in a container.`,
    start: msg`Its instructions are read from the running agent. Start the agent to see them.`,
  },
  files: {
    later: msg`Its files appear here when the agent runs in a container.`,
    start: msg`Its files are read from the running agent. Start the agent to see them.`,
  },
  tasks: {
    later: msg`Its scheduled tasks appear here when the agent runs in a container.`,
    start: msg`Its scheduled tasks are read from the running agent. Start the agent to see them.`,
  },
};

/** Says why data of the agent's gateway cannot be shown. */
export function AgentNotRunning({ agent, what }: { agent: AgentOverview; what: keyof typeof texts }) {
  const description = say(texts[what][agent.status === 'running' ? 'later' : 'start']);
  return <EmptyState icon={PowerOff} title={t`The agent is not running in a container`} description={description} />;
}
