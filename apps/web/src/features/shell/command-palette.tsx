'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Command } from 'cmdk';
import { usePathname, useRouter } from 'next/navigation';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import useSWR from 'swr';
import { Avatar } from '../../components/agent/avatar.tsx';
import { Dialog } from '../../components/ui/dialog.tsx';
import { wideControlStyle } from '../../components/ui/field.tsx';
import { api } from '../../lib/api/client.ts';
import { say } from '../../lib/language/texts.ts';
import { groups } from './navigation-items.ts';

const itemStyle = 'flex min-h-9 cursor-pointer items-center gap-2.5 rounded-lg px-3 text-sm data-[selected=true]:bg-hover';
const groupStyle =
  '[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-muted [&_[cmdk-group-heading]]:text-xs';

/** A search over the pages and the agents. On an agent's page, another agent opens in the same section. */
export default function CommandPalette({ admin, onClose }: { admin: boolean; onClose: () => void }) {
  const router = useRouter();
  const pathname = usePathname();
  const root = useRef<HTMLDivElement>(null);
  const [isEntered, setEntered] = useState(false);
  const { data, error } = useSWR('overview', () => api('listOverview', {}), { revalidateIfStale: false, revalidateOnFocus: false });
  const isReady = data !== undefined || error !== undefined;
  const [, , current, section] = pathname.split('/');
  const suffix = pathname.startsWith('/agents/agent') && current && section ? `/${section}` : '';
  function open(href: string) {
    onClose();
    router.push(href);
  }
  /** Enter before the agents have arrived must not open the page that fits second best: it is kept until they have. */
  function keepEnter(event: KeyboardEvent) {
    if (event.key !== 'Enter' || event.nativeEvent.isComposing || isReady) return;
    event.preventDefault();
    setEntered(true);
  }
  useEffect(() => {
    if (!isReady || !isEntered) return;
    const frame = requestAnimationFrame(() => root.current?.querySelector<HTMLElement>('[role=option][aria-selected=true]')?.click());
    return () => cancelAnimationFrame(frame);
  }, [isReady, isEntered]);
  return (
    <Dialog open onOpenChange={(isOpen) => !isOpen && onClose()} title={t`Go to`} description={t`Type the name of an agent or a page.`}>
      <Command label={t`Go to`} ref={root} onKeyDown={keepEnter}>
        <Command.Input autoFocus placeholder={t`Agent or page`} className={wideControlStyle} onValueChange={() => setEntered(false)} />
        <Command.List className="mt-3 max-h-80 overflow-y-auto">
          {isReady ? (
            <>
              <Command.Empty className="px-3 py-2 text-muted text-sm">
                <Trans>Nothing has this name.</Trans>
              </Command.Empty>
              <Command.Group heading={t`Agents`} className={groupStyle}>
                {data?.agents.map(({ id, name }) => (
                  <Command.Item key={id} value={`${name} ${id}`} className={itemStyle} onSelect={() => open(`/agents/${id}${suffix}`)}>
                    <Avatar id={id} className="size-5" />
                    <span className="truncate">{name}</span>
                  </Command.Item>
                ))}
              </Command.Group>
              {groups
                .filter((group) => admin || !group.admin)
                .map((group) => (
                  <Command.Group key={group.items[0]?.href} heading={say(group.name)} className={groupStyle}>
                    {group.items.map(({ href, name, icon: Icon }) => (
                      <Command.Item key={href} value={`${say(group.name)} ${say(name)}`} className={itemStyle} onSelect={() => open(href)}>
                        <Icon aria-hidden className="size-4 text-muted" />
                        {say(name)}
                      </Command.Item>
                    ))}
                  </Command.Group>
                ))}
            </>
          ) : (
            <Command.Loading className="px-3 py-2 text-muted text-sm">
              <Trans>Loading…</Trans>
            </Command.Loading>
          )}
        </Command.List>
      </Command>
    </Dialog>
  );
}
