'use client';

import { MAX_IMAGES } from '@agentbot/contracts/image-type';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Paperclip, Square, X } from 'lucide-react';
import {
  type ClipboardEvent,
  type DragEvent,
  type FormEvent,
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react';
import { Button } from '../../components/ui/button.tsx';
import { wideControlStyle } from '../../components/ui/field.tsx';
import { useHydrated } from '../../lib/hooks/use-hydrated.ts';
import { toast } from '../../lib/toast/toast.ts';
import { readAttachedFile, shownName } from './attached-file.ts';
import { type AttachedImage, readAttachedImage, sourceOf } from './attached-image.ts';

/** The server's limit of one message. */
const MAX_CHARACTERS = 32_000;
/** From this length on, the field shows how many characters are left. */
const NEAR_LIMIT = MAX_CHARACTERS - 2_000;

const formatted = (count: number) => plural(count, { one: '# character', other: '# characters' });

interface Props {
  text: string;
  onText: (text: string) => void;
  /** Adds a text below what the user has typed. */
  onAdd: (text: string) => void;
  images: readonly AttachedImage[];
  onImages: (images: readonly AttachedImage[]) => void;
  /** Adds images. @returns the number of those that a message has no room for */
  onAddImages: (images: readonly AttachedImage[]) => number;
  /** Why nothing can be sent; the user can still write. Empty while this is not known yet. */
  obstacle: string | undefined;
  onSend: (text: string, images: readonly AttachedImage[]) => void;
  /** Stops the current reply; undefined when there is none. */
  onStop: (() => Promise<unknown>) | undefined;
  /** The id of the shown conversation; undefined for a new one. */
  shown: string | undefined;
  /** Whether it is known which conversation the text belongs to. */
  ready: boolean;
  field: RefObject<HTMLTextAreaElement | null>;
}

/** A message that the user sent before it was known whether it can be sent. */
interface Held {
  text: string;
  images: readonly AttachedImage[];
}

/** Reads a file that the user attaches: an image, or the text of another file. @returns why it cannot be attached otherwise */
async function readAttachment(file: File): Promise<AttachedImage | { text: string } | { problem: string }> {
  try {
    return (await readAttachedImage(file)) ?? (await readAttachedFile(file));
  } catch {
    return { problem: t`${{ name: shownName(file.name) }} is an image that this browser cannot read` };
  }
}

/** Removes the blank lines around a message; the first line keeps its indentation. */
const withoutBlankLines = (text: string) => text.replace(/^(\s*\n)+/, '').trimEnd();

/** The message field. Enter sends, also while the agent replies; Shift+Enter inserts a line break. */
export function Composer({ text, onText, onAdd, images, onImages, onAddImages, obstacle, onSend, onStop, shown, ready, field }: Props) {
  const [stopping, setStopping] = useState(false);
  // The messages that the user sent before it was known whether they can be sent, and their conversation.
  const [held, setHeld] = useState<{ shown: string | undefined; messages: Held[] }>();
  const hydrated = useHydrated();
  const files = useRef<HTMLInputElement>(null);
  const hint = useId();
  // The page would lose text that the user types earlier.
  const writable = hydrated && ready;
  const message = withoutBlankLines(text);
  const left = MAX_CHARACTERS - message.length;

  function send(event: FormEvent | KeyboardEvent) {
    event.preventDefault();
    if (!message || left < 0 || obstacle) return;
    if (obstacle === '') setHeld({ shown, messages: [...(held?.messages ?? []), { text: message, images }] });
    else onSend(message, images);
    onText('');
    onImages([]);
  }
  useEffect(() => {
    if (!held || obstacle === '') return;
    setHeld(undefined);
    // A new conversation has got its id meanwhile; in another one, or with an obstacle, the user gets the text back.
    const isSame = held.shown === undefined || held.shown === shown;
    if (obstacle === undefined && isSame) for (const each of held.messages) onSend(each.text, each.images);
    else {
      onText([...held.messages.map((each) => each.text), text].filter(Boolean).join('\n\n'));
      onAddImages(held.messages.flatMap((each) => each.images));
    }
  }, [held, obstacle, shown, text, onSend, onText, onAddImages]);
  function onKeyDown(event: KeyboardEvent) {
    if (event.key === 'Enter' && !event.shiftKey && !event.nativeEvent.isComposing) send(event);
  }
  async function stop() {
    setStopping(true);
    await onStop?.();
    setStopping(false);
    field.current?.focus();
  }
  async function attach(list: FileList) {
    for (const read of await Promise.all(Array.from(list, readAttachment))) {
      if ('text' in read) onAdd(read.text);
      else if ('problem' in read) toast.error(read.problem);
      else if (onAddImages([read]) > 0) toast.error(t`A message can have at most ${MAX_IMAGES} images`);
    }
    field.current?.focus();
  }
  /** Takes pasted files; the browser handles text, also that of programs which add a picture of it. */
  function onPaste(event: ClipboardEvent) {
    const { files: pasted, types } = event.clipboardData;
    if (pasted.length === 0 || types.includes('text/plain') || !writable) return;
    event.preventDefault();
    void attach(pasted);
  }
  /** Takes dropped files; the browser handles dropped text. */
  function onDrag(event: DragEvent) {
    if (!event.dataTransfer.types.includes('Files')) return;
    event.preventDefault();
    if (event.type === 'drop' && writable) void attach(event.dataTransfer.files);
  }
  const hints = [
    images.length > 0 && !message && t`Write something about the image, then send it.`,
    obstacle && t`${obstacle}. The page keeps your text.`,
    left < 0
      ? t`The message is ${{ excess: formatted(-left) }} too long; the limit is ${{ limit: formatted(MAX_CHARACTERS) }}. Shorten it, or send it in parts.`
      : message.length > NEAR_LIMIT && t`${{ characters: formatted(left) }} left`,
  ].filter(Boolean);
  return (
    <form onSubmit={send} onDragOver={onDrag} onDrop={onDrag} className="space-y-1.5">
      {images.length > 0 && (
        <ul aria-label={t`Attached images`} className="flex flex-wrap gap-2">
          {images.map((image, index) => (
            <li key={index} className="relative">
              <img
                src={sourceOf(image)}
                alt={t`Attached ${{ number: index + 1 }}`}
                className="size-16 rounded-lg border border-line object-cover"
              />
              <Button
                kind="plain"
                size="icon"
                className="-top-2 -right-2 absolute size-7 min-h-0 rounded-full"
                aria-label={t`Remove image ${{ number: index + 1 }}`}
                onClick={() => {
                  onImages(images.filter((_, other) => other !== index));
                  field.current?.focus();
                }}
              >
                <X aria-hidden className="size-4" />
              </Button>
            </li>
          ))}
        </ul>
      )}
      <div className="flex items-end gap-2">
        <div className="relative min-w-0 flex-1">
          <textarea
            ref={field}
            aria-label={t`Message`}
            aria-describedby={hints.length ? hint : undefined}
            aria-invalid={left < 0 || undefined}
            className={`${wideControlStyle} field-sizing-content block max-h-40 resize-none pr-11`}
            rows={1}
            enterKeyHint="send"
            readOnly={!writable}
            value={text}
            placeholder={t`Write a message`}
            onChange={(event) => onText(event.target.value)}
            onKeyDown={onKeyDown}
            onPaste={onPaste}
          />
          <Button
            kind="quiet"
            size="icon"
            className="absolute right-0.5 bottom-0 text-muted"
            aria-label={t`Attach images or text files`}
            disabled={!writable}
            onClick={() => files.current?.click()}
          >
            <Paperclip aria-hidden className="size-4" />
          </Button>
          <input
            ref={files}
            type="file"
            multiple
            hidden
            aria-label={t`Files`}
            onChange={({ target }) => {
              if (target.files) void attach(target.files);
              // The same file can be chosen again.
              target.value = '';
            }}
          />
        </div>
        {onStop && (
          <Button kind="plain" busy={stopping} onClick={stop}>
            <Square aria-hidden className="size-3.5 fill-current" />{' '}
            <Trans>
              Stop<span className="sr-only"> reply</span>
            </Trans>
          </Button>
        )}
        <Button type="submit" disabled={Boolean(obstacle) || !message || left < 0}>
          <Trans>Send</Trans>
        </Button>
      </div>
      {hints.length > 0 && (
        <p id={hint} role="status" className={`text-xs ${left < 0 ? 'text-danger' : 'text-muted'}`}>
          {hints.join(' ')}
        </p>
      )}
    </form>
  );
}
