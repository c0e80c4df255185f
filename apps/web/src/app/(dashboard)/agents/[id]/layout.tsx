import type { ReactNode } from 'react';
import { AgentFrame } from '../../../../features/agent/agent-frame.tsx';

interface Props {
  params: Promise<{ id: string }>;
  children: ReactNode;
}

export default async function AgentLayout({ params, children }: Props) {
  return <AgentFrame id={(await params).id}>{children}</AgentFrame>;
}
