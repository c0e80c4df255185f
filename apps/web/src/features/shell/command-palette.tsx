'use client';

import { Command } from 'cmdk';
import { usePathname, useRouter } from 'next/navigation';
import useSWR from 'swr';
import { Avatar } from '../../components/agent/avatar.tsx';
import { Dialog } from '../../components/ui/dialog.tsx';
import { wideControlStyle } from '../../components/ui/field.tsx';
import { api } from '../../lib/api/client.ts';
import { groups } from './navigation-items.ts';

const itemStyle = 'flex min-h-9 cursor-pointer items-center gap-2.5 rounded-lg px-3 text-sm data-[selected=true]:bg-hover';
const groupStyle =
  '[&_[cmdk-group-heading]]:px-3 [&_[cmdk-group-heading]]:py-1 [&_[cmdk-group-heading]]:text-muted [&_[cmdk-group-heading]]:text-xs';

/** A search over the pages and the agents. On an agent's page, another agent opens in the same section. */
export default function CommandPalette({ admin, onClose }: { admin: boolean; onClose: () => void }) {
  const router = useRouter();
  const pathname = usePathname();
  const { data } = useSWR('overview', () => api('listOverview', {}), { revalidateIfStale: false, revalidateOnFocus: false });
  const [, , current, section] = pathname.split('/');
  const suffix = pathname.startsWith('/agents/agent') && current && section ? `/${section}` : '';
  function open(href: string) {
    onClose();
    router.push(href);
  }
  return (
    <Dialog open onOpenChange={(isOpen) => !isOpen && onClose()} title="Go to" description="Type the name of an agent or a page.">
      <Command label="Go to">
        <Command.Input autoFocus placeholder="Agent or page" className={wideControlStyle} />
        <Command.List className="mt-3 max-h-80 overflow-y-auto">
          <Command.Empty className="px-3 py-2 text-muted text-sm">Nothing has this name.</Command.Empty>
          <Command.Group heading="Agents" className={groupStyle}>
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
              <Command.Group key={group.name} heading={group.name} className={groupStyle}>
                {group.items.map(({ href, name, icon: Icon }) => (
                  <Command.Item key={href} value={`${group.name} ${name}`} className={itemStyle} onSelect={() => open(href)}>
                    <Icon aria-hidden className="size-4 text-muted" />
                    {name}
                  </Command.Item>
                ))}
              </Command.Group>
            ))}
        </Command.List>
      </Command>
    </Dialog>
  );
}
