'use client';

import { useState } from 'react';
import { OperationStages } from '../../components/agent/operation-stages.tsx';
import { Card, DescriptionList } from '../../components/ui/card.tsx';
import { ConfirmButton } from '../../components/ui/confirm-button.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { withToast } from '../../lib/toast/with-toast.ts';
import { useLastUpdate } from './use-last-update.ts';

/** Updates an agent's image, and shows the progress or the rollback of its last update. */
export function Update({ id }: { id: string }) {
  const { data: agent } = useAgent(id);
  const { update: last, known, error, retry } = useLastUpdate(id);
  const [image, setImage] = useState('');
  if (error && !known) return <Problem onRetry={retry}>{errorMessage(error)}</Problem>;
  if (!agent || !known) return <Loading rows={2} className="h-56" />;
  const target = image.trim() || agent.platformImage;
  const isSameImage = target === agent.image;
  const isUpdating = last && !last.finishedAt;

  async function update() {
    const updating = withToast(api('updateAgent', { params: { id }, body: image.trim() ? { image: image.trim() } : {} }), {
      pending: `Updating to ${target}…`,
      success: `The agent is running on ${target}`,
    });
    // Not awaited: the page shows the progress, so the dialog can close.
    void updating;
    return true;
  }
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
      <Card title="Update">
        <div className="space-y-4">
          <DescriptionList
            rows={[
              [isUpdating ? 'Current image' : 'From', agent.image ?? 'no container yet'],
              ...(isUpdating ? [] : [['To', isSameImage ? `${target} (same image: only the container is replaced)` : target] as const]),
              ['OpenClaw', agent.openclawVersion ?? 'no container'],
            ]}
          />
          <Field
            label="Another image"
            value={image}
            onChange={(event) => setImage(event.target.value)}
            maxLength={255}
            placeholder={agent.platformImage}
            hint="Leave empty to use this installation’s image. The administrator decides which repositories are allowed"
          />
          <ol className="list-decimal space-y-1 pl-5 text-muted text-sm">
            <li>The new image validates the agent’s configuration.</li>
            <li>The agent stops, and its data is backed up.</li>
            <li>The container is replaced, and the update waits until the new gateway is ready.</li>
            <li>If this fails, the old image and the old data are restored.</li>
          </ol>
          {isUpdating ? (
            <p className="flex min-h-10 items-center font-medium text-sm">An update is running.</p>
          ) : (
            <ConfirmButton
              kind="primary"
              action="Update agent"
              title={`Update ${agent.name}?`}
              description={`From ${agent.image ?? 'no image'} to ${target}. The agent is unavailable for about 30 seconds.`}
              confirm="Update now"
              onConfirm={update}
            />
          )}
        </div>
      </Card>
      <Card title="Last update" {...(last && { description: <RelativeTime time={last.createdAt} /> })}>
        {last ? <OperationStages operation={last} /> : <p className="text-muted text-sm">This agent has not been updated yet.</p>}
      </Card>
    </div>
  );
}
