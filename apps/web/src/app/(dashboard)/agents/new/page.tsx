import { NewAgentForm } from '../../../../features/agents/new-agent-form.tsx';

export default function Page() {
  return <NewAgentForm />;
}
