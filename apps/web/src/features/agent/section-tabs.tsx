'use client';

import Link from 'next/link';
import { usePathname } from 'next/navigation';
import { useEffect, useRef } from 'react';

const sections = [
  ['', 'Overview'],
  ['chat', 'Chat'],
  ['logs', 'Logs'],
  ['charts', 'Charts'],
  ['usage', 'Usage'],
  ['channels', 'Channels'],
  ['configuration', 'Configuration'],
  ['character', 'Character'],
  ['files', 'Files'],
  ['schedule', 'Schedule'],
  ['backups', 'Backups'],
  ['update', 'Update'],
  ['verification', 'Verification'],
  ['operations', 'Operations'],
  ['danger', 'Danger zone'],
] as const;

/** The name of the section that a path shows. */
export const sectionName = (pathname: string | null, id: string): string =>
  sections.find(([section]) => pathname === `/agents/${id}${section && `/${section}`}`)?.[1] ?? 'Overview';

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
    <nav aria-label="Agent" className={`-mx-4 sm:mx-0 border-line border-b ${compact ? 'max-sm:-mt-6 sm:mb-6' : 'mb-6'}`}>
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
                {name}
              </Link>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
