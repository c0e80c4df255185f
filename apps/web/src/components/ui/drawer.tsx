import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { Button } from './button.tsx';
import { ModalContent } from './modal-content.tsx';

interface Props {
  title: string;
  /** The name of the button that closes the drawer. */
  close: string;
  side: 'left' | 'right';
  onClose: () => void;
  children: ReactNode;
}

/** A modal at one side of the screen, for what a phone has no room for. */
export default function Drawer({ title, close, side, onClose, children }: Props) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <ModalContent
        aria-describedby={undefined}
        className={`fixed inset-y-0 z-50 flex w-72 max-w-[85vw] flex-col gap-4 overflow-y-auto border-line bg-surface p-3 ${side === 'left' ? 'left-0 border-r' : 'right-0 border-l'}`}
      >
        <Dialog.Title className="sr-only">{title}</Dialog.Title>
        <Dialog.Close asChild>
          <Button kind="quiet" size="icon" aria-label={close} className="shrink-0 self-end">
            <X aria-hidden className="size-5" />
          </Button>
        </Dialog.Close>
        {children}
      </ModalContent>
    </Dialog.Root>
  );
}
