import { cva, type VariantProps } from 'class-variance-authority';
import { LoaderCircle } from 'lucide-react';
import type { ComponentProps } from 'react';

export const buttonStyle = cva(
  'inline-flex cursor-pointer items-center justify-center gap-2 whitespace-nowrap rounded-lg font-medium text-sm transition disabled:cursor-not-allowed disabled:opacity-60 aria-disabled:cursor-not-allowed aria-disabled:opacity-60',
  {
    variants: {
      kind: {
        primary: 'bg-accent text-on-accent hover:opacity-90',
        plain: 'border border-line bg-surface hover:bg-hover',
        quiet: 'hover:bg-hover',
        danger: 'border border-danger text-danger hover:bg-danger/10',
      },
      size: { normal: 'min-h-10 px-4', small: 'min-h-8 px-2.5', icon: 'size-10' },
    },
    defaultVariants: { kind: 'primary', size: 'normal' },
  },
);

type Props = ComponentProps<'button'> & VariantProps<typeof buttonStyle> & { busy?: boolean };

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
