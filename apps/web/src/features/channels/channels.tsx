'use client';

import type { ChannelView } from '@agentbot/contracts';
import type { MessageDescriptor } from '@lingui/core';
import { msg, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import useSWR from 'swr';
import { channelNames } from '../../components/agent/channel-names.ts';
import { Card } from '../../components/ui/card.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Problem } from '../../components/ui/notice.tsx';
import { RelativeTime } from '../../components/ui/relative-time.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { useAgent } from '../../lib/hooks/use-agent.ts';
import { say } from '../../lib/language/texts.ts';
import { LinkWhatsApp } from './link-whats-app.tsx';
import { SetToken } from './set-token.tsx';

const sentences: Record<ChannelView['state'], MessageDescriptor> = {
  connected: msg`Connected`,
  connecting: msg`Connecting…`,
  pairing: msg`Not linked yet`,
  error: msg`Not working`,
  off: msg`The agent is not running`,
};
const all = ['telegram', 'discord', 'whatsapp', 'slack'] as const;

/** The state of an agent's channels, and the forms to connect them. */
export function Channels({ id }: { id: string }) {
  const { data: agent } = useAgent(id);
  const { data, error, mutate } = useSWR(agent && ['channels', id, agent.status], () => api('listChannels', { params: { id } }), {
    refreshInterval: 5_000,
    keepPreviousData: true,
  });
  if (error && !data) return <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>;
  if (!data || !agent) return <Loading className="h-40" />;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-4 lg:grid-cols-2">
      {all.map((channel) => {
        const view = data.channels.find((each) => each.channel === channel);
        const last = [view?.lastInboundAt, view?.lastOutboundAt]
          .flatMap((at) => at ?? [])
          .sort()
          .at(-1);
        return (
          <Card
            key={channel}
            title={channelNames[channel]}
            aside={<span className="text-muted text-sm">{view ? (view.account ?? say(sentences[view.state])) : t`Not connected`}</span>}
          >
            <div className="space-y-3 text-sm">
              {view?.account && <p>{say(sentences[view.state])}</p>}
              {view?.error && <Problem>{view.error}</Problem>}
              {last && (
                <p className="text-muted">
                  <Trans>
                    Last message <RelativeTime time={last} />
                  </Trans>
                </p>
              )}
              {view?.state === 'pairing' && <LinkWhatsApp id={id} onLinked={() => void mutate()} />}
              <SetToken agent={agent} channel={channel} connected={view !== undefined} onChanged={() => mutate()} />
            </div>
          </Card>
        );
      })}
    </div>
  );
}
