'use client';

import type { ListedFile } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { FileText } from 'lucide-react';
import { useState } from 'react';
import useSWR from 'swr';
import { AgentNotRunning, hasGateway } from '../../components/agent/agent-not-running.tsx';
import { EmptyState } from '../../components/ui/empty-state.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Hint, Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatBytes } from '../../lib/format.ts';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { confirmDiscard } from '../../lib/hooks/use-unsaved-warning.ts';
import { FileEditor } from './file-editor.tsx';

function FileButton({ file, current, onSelect }: { file: ListedFile; current: boolean; onSelect: () => void }) {
  return (
    <button
      type="button"
      aria-current={current || undefined}
      onClick={onSelect}
      className="w-full cursor-pointer rounded-lg px-3 py-2 text-left text-sm hover:bg-hover aria-[current]:bg-hover aria-[current]:font-medium"
    >
      {file.name}
      <span className="block font-normal text-muted text-xs">
        {file.sizeBytes === null ? t`Does not exist yet` : formatBytes(file.sizeBytes)}
        {file.updatedAt && (
          <>
            {' · '}
            <RelativeTime time={file.updatedAt} />
          </>
        )}
      </span>
    </button>
  );
}

/** Shows the files of an agent's workspace, which tell the agent about itself, its user and its work. */
export function Files({ id }: { id: string }) {
  const { data: agent } = useAgent(id);
  const readable = agent !== undefined && hasGateway(agent);
  const [selected, select] = useState<string>();
  const [dirty, setDirty] = useState(false);
  // With unsaved text, the editor stays open while the agent stops or restarts.
  const isShown = readable || dirty;
  const { data, error, mutate } = useSWR(isShown && ['files', id], () => api('listAgentFiles', { params: { id } }));
  if (agent && !isShown) return <AgentNotRunning agent={agent} what="files" />;
  if (error && !data) return <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>;
  if (!data) return <Loading className="h-40" />;
  const current = data.files.find(({ name }) => name === selected) ?? data.files[0];
  if (!current) return <EmptyState icon={FileText} title={t`No files`} description={t`The agent’s gateway lists no files.`} />;

  function open(name: string) {
    if (name === current?.name || (dirty && !confirmDiscard())) return;
    setDirty(false);
    select(name);
  }
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-[14rem_minmax(0,1fr)]">
      <nav aria-label={t`Files`} className="rounded-xl border border-line bg-surface p-2">
        <ul className="grid grid-cols-2 gap-1 lg:grid-cols-1">
          {data.files.map((file) => (
            <li key={file.name} className="min-w-0">
              <FileButton file={file} current={file === current} onSelect={() => open(file.name)} />
            </li>
          ))}
        </ul>
      </nav>
      <div className="min-w-0 space-y-4">
        {!readable && (
          <Hint>
            <Trans>The agent is not running. The page keeps your text. Save it when the agent runs again.</Trans>
          </Hint>
        )}
        <FileEditor key={current.name} id={id} name={current.name} onSaved={() => void mutate()} onDirty={setDirty} />
      </div>
    </div>
  );
}
