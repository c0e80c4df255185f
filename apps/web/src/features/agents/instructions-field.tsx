import { useState } from 'react';
import { SelectField, TextAreaField } from '../../components/ui/field.tsx';
import { characters } from '../../lib/characters.ts';

const options = [['', 'None'], ...characters.map(({ id, title }) => [id, title] as const)] as const;

/** What the new agent should be, from a template or in the user's own words. */
export function InstructionsField() {
  const [text, setText] = useState('');
  return (
    <details className="rounded-lg border border-line px-3 py-2">
      <summary className="cursor-pointer font-medium text-sm">Character and instructions (optional)</summary>
      <div className="mt-3 space-y-4 pb-1">
        <SelectField
          label="Character"
          options={options}
          onChange={({ target }) => setText(characters.find(({ id }) => id === target.value)?.text ?? '')}
        />
        <TextAreaField
          label="Instructions"
          name="instructions"
          rows={8}
          maxLength={16_000}
          value={text}
          onChange={({ target }) => setText(target.value)}
          hint="Markdown. It becomes the agent’s SOUL.md, which you can change later under Character"
        />
      </div>
    </details>
  );
}
