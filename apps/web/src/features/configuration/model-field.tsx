'use client';

import { t } from '@lingui/core/macro';
import { useId, useState } from 'react';
import useSWR from 'swr';
import { Field } from '../../components/ui/field.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import type { Provider } from '../../lib/providers.ts';
import { modelFacts, modelHint } from './model-text.ts';

interface Props {
  agentId: string;
  /** The provider that the form shows, if it is not the saved one; its list is read without the agent's key. */
  otherProvider: Provider | undefined;
  /** What the saved list belongs to; undefined for an endpoint that is not saved yet, which has no list. */
  listOf: string | undefined;
  defaultValue: string | undefined;
  required: boolean;
  problem: string | undefined;
  /** What the field expects. */
  hint: string;
}

/** The field of the model: any text, with the provider's own list as suggestions. */
export function ModelField({ agentId, otherProvider, listOf, defaultValue = '', required, problem, hint }: Props) {
  const listId = useId();
  const [typed, setTyped] = useState(defaultValue);
  const { data, error } = useSWR(
    listOf !== undefined && ['models', agentId, otherProvider ?? listOf],
    () => (otherProvider ? api('listModels', { query: { provider: otherProvider } }) : api('listAgentModels', { params: { id: agentId } })),
    { revalidateOnFocus: false, shouldRetryOnError: false },
  );
  const models = data?.models ?? [];
  const known = modelHint(typed, models, hint);
  return (
    <>
      <Field
        label={t`Model ID`}
        name="model"
        list={listId}
        autoComplete="off"
        defaultValue={defaultValue}
        onChange={(event) => setTyped(event.target.value)}
        maxLength={200}
        required={required}
        problem={problem}
        hint={error && listOf !== undefined ? t`${known}. No suggestions: ${{ reason: errorMessage(error) }}` : known}
      />
      <datalist id={listId}>
        {models.map((model) => (
          <option key={model.id} value={model.id} label={modelFacts(model) || undefined} />
        ))}
      </datalist>
    </>
  );
}
