'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Bot, LogOut, Menu, Search } from 'lucide-react';
import dynamic from 'next/dynamic';
import Link from 'next/link';
import { type ReactNode, useEffect, useState } from 'react';
import { LanguageChoice } from '../../components/language-choice.tsx';
import { Button } from '../../components/ui/button.tsx';
import { errorMessage } from '../../lib/api/errors.ts';
import { useMe } from '../../lib/hooks/use-me.ts';
import { planName } from '../../lib/plans.ts';
import { signOut } from '../../lib/session/sign-out.ts';
import { toast } from '../../lib/toast/toast.ts';
import { useToaster } from '../../lib/toast/use-toaster.ts';
import { trackedOperations } from '../../lib/tracked-operations.ts';
import { Navigation } from './navigation.tsx';
import { setTheme, type Theme } from './theme.ts';
import { ThemeChoice } from './theme-choice.tsx';

// Loaded when the menu opens: a desktop never needs it.
const Drawer = dynamic(() => import('../../components/ui/drawer.tsx'), { ssr: false });

// Loaded when it opens.
const CommandPalette = dynamic(() => import('./command-palette.tsx'), { ssr: false });
// Loaded when an earlier page started an operation.
const EndedMeanwhile = dynamic(() => import('./ended-meanwhile.tsx'), { ssr: false });

interface Props {
  email: string;
  /** The theme in the cookie, read by the server. */
  theme: Theme;
  children: ReactNode;
}

function Brand() {
  return (
    <Link href="/agents" className="flex min-h-10 items-center gap-2 px-3 font-semibold text-accent">
      <Bot aria-hidden className="size-5" /> Agentbot
    </Link>
  );
}

/** The account's email, plan and agent count, with sign-out and theme. */
function Account({ email, theme, onTheme }: Omit<Props, 'children'> & { onTheme: (theme: Theme) => void }) {
  const { data: me } = useMe();
  const plan = !me ? '' : me.plan ? planName(me.plan) : me.admin ? t`administrator` : t`no plan`;
  return (
    <div className="border-line border-t pt-3">
      <p className="truncate px-3 text-sm" title={email}>
        {email}
      </p>
      <p className="min-h-4 px-3 text-muted text-xs">{me && t`${plan} · ${me.agentCount} of ${me.agentLimit} agents`}</p>
      <div className="mt-2 flex items-center justify-between">
        <Button kind="quiet" onClick={() => signOut().catch((error) => toast.error(errorMessage(error)))}>
          <LogOut aria-hidden className="size-4" /> <Trans>Sign out</Trans>
        </Button>
        <ThemeChoice theme={theme} onChoose={onTheme} />
      </div>
      <LanguageChoice className="mt-2 w-full" />
    </div>
  );
}

/** The layout of every dashboard page: navigation as a sidebar, or behind a button on a phone. */
export function Shell({ email, theme: initial, children }: Props) {
  const [open, setOpen] = useState(false);
  const [theme, setShownTheme] = useState(initial);
  const { data: me } = useMe();
  const admin = me?.admin ?? false;
  function chooseTheme(chosen: Theme) {
    setShownTheme(chosen);
    setTheme(chosen);
  }
  const [palette, setPalette] = useState(false);
  const Toaster = useToaster();
  const [hasTracked, setHasTracked] = useState(false);
  useEffect(() => {
    setHasTracked(trackedOperations().length > 0);
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setPalette((before) => !before);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  const account = <Account email={email} theme={theme} onTheme={chooseTheme} />;
  return (
    <div className="lg:grid lg:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="-translate-y-20 fixed top-2 left-2 z-50 rounded-lg bg-accent px-4 py-2 text-on-accent text-sm focus:translate-y-0"
      >
        <Trans>Skip to content</Trans>
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col gap-4 overflow-y-auto border-line border-r bg-surface p-3 lg:flex">
        <Brand />
        <Button
          kind="plain"
          size="small"
          className="w-full justify-start text-muted"
          aria-keyshortcuts="Control+K"
          onClick={() => setPalette(true)}
        >
          <Search aria-hidden className="size-4" /> <Trans>Go to…</Trans> <kbd className="ml-auto text-xs">Ctrl K</kbd>
        </Button>
        <Navigation admin={admin} />
        <div className="mt-auto">{account}</div>
      </aside>
      <header className="sticky top-0 z-30 flex items-center justify-between border-line border-b bg-surface px-2 py-1 lg:hidden">
        <Brand />
        <Button kind="quiet" size="icon" aria-label={t`Go to`} className="ml-auto" onClick={() => setPalette(true)}>
          <Search aria-hidden className="size-5" />
        </Button>
        <Button kind="quiet" size="icon" aria-label={t`Menu`} aria-expanded={open} onClick={() => setOpen(true)}>
          <Menu aria-hidden className="size-5" />
        </Button>
      </header>
      {palette && <CommandPalette admin={admin} onClose={() => setPalette(false)} />}
      {hasTracked && <EndedMeanwhile />}
      {open && (
        <Drawer title={t`Menu`} close={t`Close the menu`} side="right" onClose={() => setOpen(false)}>
          <Navigation admin={admin} onNavigate={() => setOpen(false)} />
          <div className="mt-auto">{account}</div>
        </Drawer>
      )}
      <main id="main" tabIndex={-1} className="mx-auto w-full max-w-6xl px-4 py-6 outline-none sm:px-6 sm:py-8">
        {children}
      </main>
      {Toaster && <Toaster />}
    </div>
  );
}
