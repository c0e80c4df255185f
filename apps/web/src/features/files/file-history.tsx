'use client';

import type { FileVersion } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import useSWR from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Card } from '../../components/ui/card.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { formatBytes, formatTime } from '../../lib/format.ts';

interface Props {
  id: string;
  name: string;
  /** The hash of the current content; a new hash reloads the list. */
  sha256: string | null;
  /** Puts a version's content into the editor. */
  onOpen: (content: string) => void;
}

/** Lists the earlier versions of a file. To restore a version, the user opens it in the editor and saves it. */
export function FileHistory({ id, name, sha256, onOpen }: Props) {
  const params = { id, name };
  const { data, error, mutate } = useSWR(['file-history', id, name, sha256], () => api('listAgentFileVersions', { params }), {
    keepPreviousData: true,
  });
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState<string>();
  async function open(version: FileVersion) {
    setBusy(version.id);
    setProblem('');
    try {
      onOpen((await api('getAgentFileVersion', { params: { ...params, versionId: version.id } })).version.content);
    } catch (failure) {
      setProblem(errorMessage(failure));
    }
    setBusy(undefined);
  }
  return (
    <Card
      title={t`History`}
      description={t`The last 20 versions that were replaced in the dashboard or over the API. Versions that the agent replaces are not stored.`}
    >
      <Problem onRetry={() => mutate()}>{error && !data && errorMessage(error)}</Problem>
      <Problem>{problem}</Problem>
      {!data && !error && <Loading className="h-12" rows={1} />}
      {data?.versions.length === 0 && (
        <p className="text-muted text-sm">
          <Trans>No earlier versions yet.</Trans>
        </p>
      )}
      <ul className="divide-y divide-line">
        {data?.versions.map((version) => (
          <li key={version.id} className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 py-2 text-sm">
            <span>
              <Trans>
                Replaced <RelativeTime time={version.replacedAt} />
              </Trans>{' '}
              <span className="text-muted">· {formatBytes(version.sizeBytes)}</span>
            </span>
            <Button
              kind="plain"
              size="small"
              busy={busy === version.id}
              aria-label={t`Open the version replaced at ${formatTime(version.replacedAt)}`}
              onClick={() => open(version)}
            >
              <Trans>Open</Trans>
            </Button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
