import { LoaderCircle } from 'lucide-react';
import type { ComponentProps } from 'react';
import { type ButtonLook, buttonStyle } from './button-style.ts';

type Props = ComponentProps<'button'> & ButtonLook & { busy?: boolean };

/** A button. While `busy` it shows a spinner and ignores clicks, but keeps the focus, which `disabled` would drop. */
export function Button({ kind, size, className, busy, onClick, children, ...rest }: Props) {
  return (
    <button
      type="button"
      className={buttonStyle({ kind, size, className })}
      {...rest}
      aria-disabled={busy || undefined}
      aria-busy={busy || undefined}
      // preventDefault also stops a submit button from submitting its form.
      onClick={busy ? (event) => event.preventDefault() : onClick}
    >
      {busy && <LoaderCircle aria-hidden className="size-4 animate-spin" />}
      {children}
    </button>
  );
}
