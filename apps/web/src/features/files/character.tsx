'use client';

import { useState } from 'react';
import { AgentNotRunning, hasGateway } from '../../components/agent/agent-not-running.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { FileEditor } from './file-editor.tsx';

/** The file that tells the agent who it is. */
const SOUL = 'SOUL.md';

/** The agent's instructions, with templates. With unsaved text, the editor stays open while the agent stops or restarts. */
export function Character({ id }: { id: string }) {
  const { data: agent } = useAgent(id);
  const [dirty, setDirty] = useState(false);
  if (!agent) return <Loading rows={1} className="h-96" />;
  if (!hasGateway(agent) && !dirty) return <AgentNotRunning agent={agent} what="instructions" />;
  return <FileEditor id={id} name={SOUL} withTemplates onDirty={setDirty} />;
}
