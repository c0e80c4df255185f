import { Dialog as Radix } from 'radix-ui';
import type { ReactNode } from 'react';
import { ModalContent } from './modal-content.tsx';

interface Props {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description: ReactNode;
  children: ReactNode;
}

/** A modal dialog with a title and a description. Escape closes it. */
export function Dialog({ open, onOpenChange, title, description, children }: Props) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <ModalContent className="-translate-x-1/2 -translate-y-1/2 fixed top-1/2 left-1/2 z-50 max-h-[calc(100dvh-2rem)] w-[min(30rem,calc(100vw-2rem))] space-y-4 overflow-y-auto rounded-xl border border-line bg-surface p-5">
        <Radix.Title className="wrap-anywhere font-semibold text-lg">{title}</Radix.Title>
        <Radix.Description asChild>
          <div className="text-muted text-sm">{description}</div>
        </Radix.Description>
        {children}
      </ModalContent>
    </Radix.Root>
  );
}
