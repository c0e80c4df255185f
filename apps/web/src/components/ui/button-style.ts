const base =
  'inline-flex cursor-pointer items-center justify-center gap-2 whitespace-nowrap rounded-lg font-medium text-sm transition disabled:cursor-not-allowed disabled:opacity-60 aria-disabled:cursor-not-allowed aria-disabled:opacity-60';
const kinds = {
  primary: 'bg-accent text-on-accent hover:opacity-90',
  plain: 'border border-line bg-surface hover:bg-hover',
  quiet: 'hover:bg-hover',
  danger: 'border border-danger text-danger hover:bg-danger/10',
};
const sizes = { normal: 'min-h-10 px-4', small: 'min-h-8 px-2.5', icon: 'size-10' };

export interface ButtonLook {
  kind?: keyof typeof kinds | undefined;
  size?: keyof typeof sizes | undefined;
  className?: string | undefined;
}

/** The classes of a button, also for links that look like one. */
export const buttonStyle = ({ kind = 'primary', size = 'normal', className = '' }: ButtonLook = {}): string =>
  `${base} ${kinds[kind]} ${sizes[size]} ${className}`;
