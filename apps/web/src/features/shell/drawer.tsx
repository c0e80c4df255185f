import { X } from 'lucide-react';
import { Dialog } from 'radix-ui';
import type { ReactNode } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { ModalContent } from '../../components/ui/modal-content.tsx';

/** The navigation of a phone, as a modal. */
export default function Drawer({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <ModalContent
        aria-describedby={undefined}
        className="fixed inset-y-0 right-0 z-50 flex w-72 max-w-[85vw] flex-col gap-4 overflow-y-auto border-line border-l bg-surface p-3"
      >
        <Dialog.Title className="sr-only">Menu</Dialog.Title>
        <Dialog.Close asChild>
          <Button kind="quiet" size="icon" aria-label="Close the menu" className="self-end">
            <X aria-hidden className="size-5" />
          </Button>
        </Dialog.Close>
        {children}
      </ModalContent>
    </Dialog.Root>
  );
}
