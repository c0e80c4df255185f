import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

interface Props {
  icon: LucideIcon;
  title: string;
  description: ReactNode;
  /** `h1` if the page has no other heading. */
  heading?: 'h1' | 'h2';
  children?: ReactNode;
}

/** Shown in place of an empty list, with what the user can do next. */
export function EmptyState({ icon: Icon, title, description, heading: Heading = 'h2', children }: Props) {
  return (
    <div className="rounded-xl border border-line border-dashed px-6 py-14 text-center">
      <Icon aria-hidden className="mx-auto size-10 text-muted" />
      <Heading className="mt-4 font-semibold text-lg">{title}</Heading>
      <p className="mx-auto mt-1 max-w-sm text-muted text-sm">{description}</p>
      {children && <div className="mt-6">{children}</div>}
    </div>
  );
}
