import { cva, type VariantProps } from 'class-variance-authority';
import type { ComponentProps } from 'react';

export const buttonStyle = cva(
  'inline-flex min-h-10 cursor-pointer items-center justify-center gap-2 rounded-lg px-4 font-medium text-sm transition disabled:cursor-not-allowed disabled:opacity-60',
  {
    variants: {
      kind: {
        primary: 'bg-accent text-on-accent hover:opacity-90',
        plain: 'border border-line bg-surface hover:border-muted',
        danger: 'border border-danger text-danger hover:bg-danger/10',
      },
    },
    defaultVariants: { kind: 'primary' },
  },
);

export function Button({ kind, className, ...rest }: ComponentProps<'button'> & VariantProps<typeof buttonStyle>) {
  return <button type="button" className={buttonStyle({ kind, className })} {...rest} />;
}
