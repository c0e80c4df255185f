'use client';

import { msg } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Monitor, Moon, Sun } from 'lucide-react';
import { useId } from 'react';
import { Input } from '../../components/ui/field.tsx';
import { say } from '../../lib/language/texts.ts';
import { type Theme, themeFrom } from './theme.ts';

const choices = [
  ['system', msg`System`, Monitor],
  ['light', msg`Light`, Sun],
  ['dark', msg`Dark`, Moon],
] as const;

/** The choice of the theme: system, light or dark. */
export function ThemeChoice({ theme, onChoose }: { theme: Theme; onChoose: (theme: Theme) => void }) {
  // Sidebar and menu both render this group: two radio groups with one name would uncheck each other.
  const group = useId();
  return (
    <fieldset className="flex rounded-lg border border-line">
      <legend className="sr-only">
        <Trans>Theme</Trans>
      </legend>
      {choices.map(([value, name, Icon]) => (
        <label
          key={value}
          title={say(name)}
          className="flex size-8 cursor-pointer items-center justify-center rounded-lg text-muted hover:text-ink has-checked:bg-accent-soft has-checked:text-accent has-focus-visible:outline-2 has-focus-visible:outline-accent"
        >
          <Input
            type="radio"
            name={group}
            className="sr-only"
            aria-label={say(name)}
            checked={(theme ?? 'system') === value}
            onChange={() => onChoose(themeFrom(value))}
          />
          <Icon aria-hidden className="size-4" />
        </label>
      ))}
    </fieldset>
  );
}
