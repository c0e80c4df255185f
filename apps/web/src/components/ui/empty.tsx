import type { LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';

/** What is said where there is nothing yet, and the way on. */
export function Empty({ icon: Icon, title, about, children }: { icon: LucideIcon; title: string; about: ReactNode; children?: ReactNode }) {
  return (
    <div className="rounded-xl border border-line border-dashed px-6 py-14 text-center">
      <Icon aria-hidden className="mx-auto size-10 text-muted" />
      <h2 className="mt-4 font-semibold text-lg">{title}</h2>
      <p className="mx-auto mt-1 max-w-sm text-muted text-sm">{about}</p>
      {children && <div className="mt-6">{children}</div>}
    </div>
  );
}
