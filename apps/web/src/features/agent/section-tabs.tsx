'use client';

import { msg, t } from '@lingui/core/macro';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useEffect, useRef } from 'react';
import { say } from '../../lib/language/texts.ts';

const sections = [
  ['', msg`Overview`],
  ['chat', msg`Chat`],
  ['logs', msg`Logs`],
  ['charts', msg`Charts`],
  ['usage', msg`Usage`],
  ['channels', msg`Channels`],
  ['configuration', msg`Configuration`],
  ['character', msg`Character`],
  ['files', msg`Files`],
  ['schedule', msg`Schedule`],
  ['backups', msg`Backups`],
  ['update', msg`Update`],
  ['verification', msg`Verification`],
  ['operations', msg`Operations`],
  ['danger', msg`Danger zone`],
] as const;

/** The name of the section that a path shows. */
export const sectionName = (pathname: string | null, id: string): string =>
  say((sections.find(([section]) => pathname === `/agents/${id}${section && `/${section}`}`) ?? sections[0])[1]);

/** Links to the sections of an agent. `compact` leaves no room around them on a phone. */
export function SectionTabs({ id, compact }: { id: string; compact?: boolean | undefined }) {
  const pathname = usePathname();
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // Scrolls the current section into view on a narrow screen.
    if (!pathname) return;
    const current = list.current?.querySelector<HTMLElement>('[aria-current]');
    if (current && list.current) list.current.scrollLeft = current.offsetLeft - list.current.clientWidth / 2 + current.clientWidth / 2;
  }, [pathname]);
  return (
    <nav aria-label={t`Agent`} className={`-mx-4 sm:mx-0 border-line border-b ${compact ? 'max-sm:-mt-6 sm:mb-6' : 'mb-6'}`}>
      <ul ref={list} className="relative flex gap-0.5 overflow-x-auto px-4 [scrollbar-width:none] sm:px-0">
        {sections.map(([section, name]) => {
          const href = `/agents/${id}${section && `/${section}`}`;
          return (
            <li key={section} className="shrink-0">
              <Link
                href={href}
                aria-current={pathname === href ? 'page' : undefined}
                className="block border-transparent border-b-2 px-2.5 py-2.5 text-muted text-sm -outline-offset-2 hover:text-ink aria-[current=page]:border-accent aria-[current=page]:font-medium aria-[current=page]:text-accent"
              >
                {say(name)}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
