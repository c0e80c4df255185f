import { setNonce } from 'get-nonce';
import { Dialog as Radix } from 'radix-ui';
import { type ComponentProps, useRef } from 'react';

// Radix locks scrolling with a style element, which the page's Content-Security-Policy blocks without the nonce.
if (typeof document !== 'undefined') setNonce(document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? '');

/** Focuses an element, or the page's content if the element was removed or cannot take the focus. */
function restoreFocus(element: Element | null) {
  if (element instanceof HTMLElement) element.focus({ preventScroll: true });
  if (document.activeElement === document.body) document.getElementById('main')?.focus({ preventScroll: true });
}

/** The content of a modal with its backdrop. Traps the focus while open and restores it on close. */
export function ModalContent(props: ComponentProps<typeof Radix.Content>) {
  const before = useRef<Element>(null);
  return (
    <Radix.Portal>
      <Radix.Overlay className="fixed inset-0 z-40 bg-black/50" />
      <Radix.Content
        {...props}
        onOpenAutoFocus={() => {
          before.current = document.activeElement;
        }}
        onCloseAutoFocus={(event) => {
          // Radix restores the focus only to a trigger inside its root.
          event.preventDefault();
          restoreFocus(before.current);
        }}
      />
    </Radix.Portal>
  );
}
