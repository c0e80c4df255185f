'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { say } from '../../lib/language/texts.ts';
import '@fontsource-variable/geist-mono';
import { ApiError } from '@agentbot/contracts/client';
import { useState } from 'react';
import useSWR from 'swr';
import { Button } from '../../components/ui/button.tsx';
import { Card } from '../../components/ui/card.tsx';
import { SelectField, TextArea, wideControlStyle } from '../../components/ui/field.tsx';
import { Loading } from '../../components/ui/loading.tsx';
import { Hint, Problem } from '../../components/ui/notice.tsx';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';
import { characters } from '../../lib/characters.ts';
import { formatBytes } from '../../lib/format.ts';
import { confirmDiscard, useUnsavedWarning } from '../../lib/hooks/use-unsaved-warning.ts';
import { withToast } from '../../lib/toast/with-toast.ts';
import { FileHistory } from './file-history.tsx';
import { byteLength, fromEditor, toEditor } from './file-text.ts';

/** The backend's limit. */
const MAX_BYTES = 256 * 1024;

interface Content {
  content: string;
  /** Null for a file that does not exist yet. */
  sha256: string | null;
}

const isCode = (error: unknown, code: string) => error instanceof ApiError && error.body.code === code;

/** Reads a file; a file that does not exist yet is empty. */
const readFile = (id: string, name: string): Promise<Content> =>
  api('getAgentFile', { params: { id, name } }).then(
    ({ file }) => file,
    (error) => (isCode(error, 'FILE_NOT_FOUND') ? { content: '', sha256: null } : Promise.reject(error)),
  );

interface Props {
  id: string;
  name: string;
  onSaved?: () => void;
  /** Whether the editor offers the characters' texts. */
  withTemplates?: boolean;
  /** Receives whether there is unsaved text. */
  onDirty: (dirty: boolean) => void;
}

/** Shows and changes one file of an agent's workspace. */
export function FileEditor({ id, name, onSaved, withTemplates, onDirty }: Props) {
  const { data, error, mutate } = useSWR(['file', id, name], () => readFile(id, name), {
    // A draft is saved with the ETag of the content that it started from. A read in between would replace that ETag.
    revalidateOnFocus: false,
    revalidateOnReconnect: false,
  });
  const [draft, setDraft] = useState<string>();
  const [changed, setChanged] = useState(false);
  const [busy, setBusy] = useState(false);
  const dirty = draft !== undefined && data !== undefined && draft !== toEditor(data.content);
  useUnsavedWarning(dirty);
  if (error && !data) return <Problem onRetry={() => mutate()}>{errorMessage(error)}</Problem>;
  if (!data) return <Loading rows={1} className="h-96" />;

  const text = draft ?? toEditor(data.content);
  const content = fromEditor(text, data.content);
  const size = byteLength(content);

  function edit(value: string | undefined) {
    setDraft(value);
    onDirty(value !== undefined && value !== toEditor(data?.content ?? ''));
  }
  /** @param replaced the content that the text replaces */
  async function save(replaced: Content | undefined) {
    if (!replaced) return;
    setBusy(true);
    const headers = replaced.sha256 === null ? { 'if-none-match': '*' } : { 'if-match': `"${replaced.sha256}"` };
    const saving = api('updateAgentFile', { params: { id, name }, body: { content }, headers });
    const saved = await withToast(saving, { pending: t`Saving ${name}…`, success: t`${name} is saved. New conversations use it` });
    setChanged(!saved && (await saving.catch((failure) => isCode(failure, 'FILE_CHANGED'))) === true);
    if (saved) {
      await mutate({ content, sha256: saved.file.sha256 }, { revalidate: false });
      edit(undefined);
      onSaved?.();
    }
    setBusy(false);
  }
  async function discard() {
    // The editor keeps the text until the stored content is loaded.
    await mutate();
    edit(undefined);
    setChanged(false);
  }
  return (
    <div className="min-w-0 space-y-4">
      <Card
        title={name}
        description={data.sha256 === null ? t`This file does not exist yet. Save it to create it.` : undefined}
        aside={<span className="text-muted text-sm">{dirty ? t`Unsaved changes` : t`Saved`}</span>}
      >
        {changed && (
          <Hint>
            <p>
              <Trans>
                {name} changed after you opened it. The agent or another person saved it. Your text is still in the editor. If you save your
                text, the history keeps the other version.
              </Trans>
            </p>
            <div className="mt-2 flex flex-wrap gap-2">
              <Button size="small" busy={busy} onClick={async () => save(await mutate())}>
                <Trans>Save my text</Trans>
              </Button>
              <Button kind="plain" size="small" onClick={discard}>
                <Trans>Discard my text</Trans>
              </Button>
            </div>
          </Hint>
        )}
        {withTemplates && (
          <SelectField
            label={t`Start from a template`}
            value=""
            options={[['', t`Choose…`], ...characters.map(({ id: character, title }) => [character, say(title)] as const)]}
            hint={t`The template replaces the text in the editor. Nothing changes until you save`}
            onChange={({ target }) => {
              const chosen = characters.find(({ id: character }) => character === target.value);
              if (chosen && (!dirty || confirmDiscard())) edit(toEditor(say(chosen.text)));
            }}
          />
        )}
        <TextArea
          aria-label={t`Text of ${name}`}
          aria-describedby="file-hint"
          className={`${wideControlStyle} mt-3 h-[28rem] resize-y font-mono leading-6`}
          spellCheck={false}
          readOnly={busy}
          value={text}
          onChange={(event) => edit(event.target.value)}
        />
        <Problem>{size > MAX_BYTES && t`The text is larger than ${{ limit: formatBytes(MAX_BYTES) }}. Shorten it, then save it.`}</Problem>
        <p id="file-hint" className="mt-1.5 text-muted text-xs">
          <Trans>
            {{ size: formatBytes(size) }} of {{ limit: formatBytes(MAX_BYTES) }}. The agent reads this file when a conversation begins. An
            open conversation may still use the earlier text.
          </Trans>
        </p>
        <div className="mt-3 flex flex-wrap gap-2">
          <Button busy={busy} disabled={!dirty || size > MAX_BYTES} onClick={() => save(data)}>
            <Trans>Save {name}</Trans>
          </Button>
          {dirty && (
            <Button kind="plain" onClick={discard}>
              <Trans>Discard changes</Trans>
            </Button>
          )}
        </div>
      </Card>
      <FileHistory
        id={id}
        name={name}
        sha256={data.sha256}
        onOpen={(version) => {
          if (!dirty || confirmDiscard()) edit(toEditor(version));
        }}
      />
    </div>
  );
}
