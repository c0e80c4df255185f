'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { usePlanRequests } from '../../lib/hooks/use-plan-requests.ts';
import { say } from '../../lib/language/texts.ts';
import { groups } from './navigation-items.ts';

const hrefs = groups.flatMap(({ items }) => items.map(({ href }) => href));

/** The current entry: the longest href that is a prefix of the path. */
function currentHref(pathname: string): string | undefined {
  const within = hrefs.filter((href) => pathname === href || pathname.startsWith(`${href}/`));
  return within.sort((a, b) => b.length - a.length)[0];
}

const REFRESH_MS = 60_000;

/** The number of open requests for a plan, beside their page. */
function OpenRequests() {
  const { data } = usePlanRequests(REFRESH_MS);
  const open = data?.requests.length ?? 0;
  if (open === 0) return null;
  return (
    <span className="ml-auto rounded-full bg-accent px-2 py-0.5 text-on-accent text-xs tabular-nums">
      {open}
      <span className="sr-only">
        {' '}
        <Trans context="requests">open</Trans>
      </span>
    </span>
  );
}

/** The main navigation. */
export function Navigation({ admin, onNavigate }: { admin: boolean; onNavigate?: () => void }) {
  const current = currentHref(usePathname());
  return (
    <nav aria-label={t`Main`} className="space-y-5">
      {groups
        .filter((group) => admin || !group.admin)
        .map((group) => (
          <div key={group.items[0]?.href}>
            <p className="mb-1 px-3 font-medium text-muted text-xs">{say(group.name)}</p>
            <ul className="space-y-0.5">
              {group.items.map(({ href, name, icon: Icon }) => (
                <li key={href}>
                  <Link
                    href={href}
                    {...(onNavigate && { onClick: onNavigate })}
                    aria-current={href === current ? 'page' : undefined}
                    className="flex min-h-9 items-center gap-2.5 rounded-lg px-3 text-sm hover:bg-hover aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent"
                  >
                    <Icon aria-hidden className="size-4 shrink-0" />
                    {say(name)}
                    {href === '/admin/plan-requests' && <OpenRequests />}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
    </nav>
  );
}
