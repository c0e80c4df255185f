'use client';

import { useAgent } from './use-agents.ts';

const time = (value: string | null) => (value ? new Date(value).toLocaleString() : 'not running');

/** Plan, version, start and address of an agent. */
export function AgentDetails({ id, status }: { id: string; status: string }) {
  const { data } = useAgent(id, status);
  if (!data) return null;
  const { agent } = data;
  const rows: [string, string][] = [
    ['Plan', agent.plan],
    ['OpenClaw', agent.openclawVersion ?? 'no container'],
    ['Started', time(agent.startedAt)],
    ['Address', agent.url],
  ];
  return (
    <dl className="mt-4 grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-sm">
      {rows.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="text-muted">{name}</dt>
          <dd className="min-w-0 break-all">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
