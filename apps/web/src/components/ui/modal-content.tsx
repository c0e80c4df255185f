import { setNonce } from 'get-nonce';
import { Dialog as Radix } from 'radix-ui';
import { type ComponentProps, useRef } from 'react';

// Radix holds the page still by a style element, which the page's policy refuses without its nonce.
if (typeof document !== 'undefined') setNonce(document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? '');

/** Gives the keyboard to an element; when it is gone or takes none, to the page's content. */
function giveKeyboard(element: Element | null) {
  if (element instanceof HTMLElement) element.focus({ preventScroll: true });
  if (document.activeElement === document.body) document.getElementById('main')?.focus({ preventScroll: true });
}

/** What stands over the page until it is closed; the keyboard stays inside, then goes back to where it was before. */
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
          // Radix itself knows only of a trigger inside its root.
          event.preventDefault();
          giveKeyboard(before.current);
        }}
      />
    </Radix.Portal>
  );
}
