import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { SelectField, TextAreaField } from '../../components/ui/field.tsx';
import { characters } from '../../lib/characters.ts';
import { say } from '../../lib/language/texts.ts';
import type { Options } from '../../lib/options.ts';

const options = (): Options => [['', t`None`], ...characters.map(({ id, title }) => [id, say(title)] as const)];

/** What the new agent should be, from a template or in the user's own words. */
export function InstructionsField() {
  const [text, setText] = useState('');
  return (
    <details className="rounded-lg border border-line px-3 py-2">
      <summary className="cursor-pointer font-medium text-sm">
        <Trans>Character and instructions (optional)</Trans>
      </summary>
      <div className="mt-3 space-y-4 pb-1">
        <SelectField
          label={t`Character`}
          options={options()}
          onChange={({ target }) => {
            const character = characters.find(({ id }) => id === target.value);
            setText(character ? say(character.text) : '');
          }}
        />
        <TextAreaField
          label={t`Instructions`}
          name="instructions"
          rows={8}
          maxLength={16_000}
          value={text}
          onChange={({ target }) => setText(target.value)}
          hint={t`Markdown. It becomes the agent’s SOUL.md, which you can change later under Character`}
        />
      </div>
    </details>
  );
}
