'use client';

import type { AgentOverview, OpenclawVersion } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { OperationStages } from '../../components/agent/operation-stages.tsx';
import { VersionFacts, versionLabel } from '../../components/agent/version-facts.tsx';
import { Card, DescriptionList } from '../../components/ui/card.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { Field, SelectField } from '../../components/ui/field.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { useMe } from '../../lib/hooks/use-me.ts';
import { useOpenclawVersions } from '../../lib/hooks/use-openclaw-versions.ts';
import { followWithToast } from '../../lib/toast/with-toast.ts';
import { useLastUpdate } from './use-last-update.ts';

/** Whether a version would start without the agent's conversations: no version converts a database back to files. */
function losesConversations(agent: AgentOverview, next: OpenclawVersion | undefined, versions: OpenclawVersion[]): boolean {
  const current = versions.find(({ version }) => version === agent.openclawVersion);
  return current?.sessions === 'sqlite' && next?.sessions === 'files';
}

/** Updates an agent to another version of OpenClaw, and shows the progress or the rollback of its last update. */
export function Update({ id }: { id: string }) {
  const { data: agent } = useAgent(id);
  const { data: me } = useMe();
  const list = useOpenclawVersions();
  const { update: last, known, error, retry } = useLastUpdate(id);
  const [chosen, setChosen] = useState<string>();
  const [image, setImage] = useState('');
  if (error && !known) return <Problem onRetry={retry}>{errorMessage(error)}</Problem>;
  if (list.error && !list.data) return <Problem onRetry={() => list.mutate()}>{errorMessage(list.error)}</Problem>;
  const listed = list.data;
  if (!agent || !known || !listed) return <Loading rows={2} className="h-56" />;
  const offered = listed.versions.filter(({ availability }) => availability !== 'missing');
  const platform = offered.find((each) => each.version === listed.default);
  const initial = losesConversations(agent, platform, listed.versions) ? agent.openclawVersion : listed.default;
  const version = image.trim() ? undefined : offered.find((each) => each.version === (chosen ?? initial));
  const target = image.trim() || version?.image || agent.platformImage;
  const isSameImage = target === agent.image;
  const isUpdating = last && !last.finishedAt;
  const isRefused = losesConversations(agent, version, listed.versions);

  async function update() {
    const text = { pending: t`Updating to ${target}…`, success: t`The agent is running on ${target}` };
    const updating = api('updateAgent', { params: { id }, body: { image: target } });
    // Not awaited: the page shows the progress, so the dialog can close.
    void followWithToast(updating, text, { agentId: id, agentName: agent?.name ?? id, kind: 'update' });
    return true;
  }
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
      <Card title={t`Update`}>
        <div className="space-y-4">
          <DescriptionList
            rows={[
              [isUpdating ? t`Current image` : t`From`, agent.image ?? t`no container yet`],
              ...(isUpdating ? [] : [[t`To`, isSameImage ? t`${target} (same image: only the container is replaced)` : target] as const]),
              ['OpenClaw', agent.openclawVersion ?? t`no container`],
            ]}
          />
          {offered.length > 0 && (
            <SelectField
              label={t`OpenClaw version`}
              value={version?.version ?? ''}
              onChange={(event) => setChosen(event.target.value)}
              disabled={image.trim() !== ''}
              options={[
                ...(version ? [] : [['', t`another image`] as const]),
                ...offered.map((each) => [each.version, versionLabel(each, listed)] as const),
              ]}
            />
          )}
          {version && <VersionFacts version={version} />}
          {me?.admin && (
            <Field
              label={t`Another image`}
              value={image}
              onChange={(event) => setImage(event.target.value)}
              maxLength={255}
              placeholder={agent.platformImage}
              hint={t`Only administrators see this field. ALLOWED_IMAGES decides which repositories are allowed`}
            />
          )}
          {isRefused && (
            <Problem>
              <Trans>
                OpenClaw {version?.version} cannot read the conversations of OpenClaw {agent.openclawVersion}. To go back, open Backups and
                restore a backup from before that update together with its OpenClaw.
              </Trans>
            </Problem>
          )}
          <ol className="list-decimal space-y-1 pl-5 text-muted text-sm">
            <li>
              <Trans>The new image validates the agent’s configuration.</Trans>
            </li>
            <li>
              <Trans>The agent stops, and its data is backed up.</Trans>
            </li>
            <li>
              <Trans>The container is replaced, and the update waits until the new gateway is ready.</Trans>
            </li>
            <li>
              <Trans>If this fails, the old image and the old data are restored.</Trans>
            </li>
          </ol>
          {isUpdating ? (
            <p className="flex min-h-10 items-center font-medium text-sm">
              <Trans>An update is running.</Trans>
            </p>
          ) : (
            <ConfirmButton
              kind="primary"
              action={t`Update agent`}
              title={t`Update ${agent.name}?`}
              description={t`From ${{ image: agent.image ?? t`no image` }} to ${target}. The agent is unavailable for about ${{ seconds: version?.readySeconds ?? 30 }} seconds.`}
              confirm={t`Update now`}
              disabled={isRefused}
              onConfirm={update}
            />
          )}
        </div>
      </Card>
      <Card title={t`Last update`} {...(last && { description: <RelativeTime time={last.createdAt} /> })}>
        {last ? (
          <OperationStages operation={last} />
        ) : (
          <p className="text-muted text-sm">
            <Trans>This agent has not been updated yet.</Trans>
          </p>
        )}
      </Card>
    </div>
  );
}
