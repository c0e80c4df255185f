'use client';

import { useState } from 'react';
import { Stages } from '../../components/agent/operation-stages.tsx';
import { Card, Facts } from '../../components/ui/card.tsx';
import { Confirm } from '../../components/ui/confirm-button.tsx';
import { Field } from '../../components/ui/field.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { Ago } from '../../components/ui/relative-time.tsx';
import { api, sentenceOf } from '../../lib/api/client.ts';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { act } from '../../lib/toast/with-toast.ts';
import { useLastUpdate } from './use-last-update.ts';

/** Moves an agent to another image: from which to which, what happens, how far it is, and whether it was rolled back. */
export function Update({ id }: { id: string }) {
  const { data: agent } = useAgent(id);
  const { update: last, known, error, retry } = useLastUpdate(id);
  const [image, setImage] = useState('');
  if (error && !known) return <Problem onRetry={retry}>{sentenceOf(error)}</Problem>;
  if (!agent || !known) return <Loading rows={2} className="h-56" />;
  const target = image.trim() || agent.platformImage;
  const same = target === agent.image;
  const underWay = last && !last.finishedAt;

  async function update() {
    const done = act(api('updateAgent', { params: { id }, body: image.trim() ? { image: image.trim() } : {} }), {
      doing: `Updating to ${target}…`,
      done: `The agent runs on ${target}`,
    });
    // How far it is stands on the page; the question need not stay for that.
    void done;
    return true;
  }
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
      <Card title="Update">
        <div className="space-y-4">
          <Facts
            rows={[
              [underWay ? 'Image now' : 'From', agent.image ?? 'no container yet'],
              ...(underWay ? [] : [['To', same ? `${target} (the same: its container is made anew)` : target] as const]),
              ['OpenClaw', agent.openclawVersion ?? 'no container'],
            ]}
          />
          <Field
            label="Another image"
            value={image}
            onChange={(event) => setImage(event.target.value)}
            maxLength={255}
            placeholder={agent.platformImage}
            hint="Empty for the image of this installation. Only repositories that its operator allows"
          />
          <ol className="list-decimal space-y-1 pl-5 text-muted text-sm">
            <li>The agent’s configuration is put before the new image’s own validator.</li>
            <li>The agent stops, and its data is archived.</li>
            <li>Its container is replaced, and we wait until the new one is ready.</li>
            <li>If that fails, the old image and the old data are put back.</li>
          </ol>
          {underWay ? (
            <p className="flex min-h-10 items-center font-medium text-sm">An update is under way.</p>
          ) : (
            <Confirm
              kind="primary"
              action="Update agent"
              title={`Update ${agent.name}?`}
              about={`From ${agent.image ?? 'no image'} to ${target}. It is away for about half a minute.`}
              confirm="Update now"
              onConfirm={update}
            />
          )}
        </div>
      </Card>
      <Card title="Last update" {...(last && { about: <Ago time={last.createdAt} /> })}>
        {last ? <Stages operation={last} /> : <p className="text-muted text-sm">This agent has not been updated yet.</p>}
      </Card>
    </div>
  );
}
