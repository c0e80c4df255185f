/** What the page's first script leaves for React: the buttons that were clicked before their handlers existed. */
interface EarlyClicks {
  buttons: HTMLElement[];
  stop: () => void;
}
declare global {
  interface Window {
    earlyClicks?: EarlyClicks | undefined;
  }
}

/**
 * The page's first script. A click on a button that React has not hydrated yet would be lost: the script keeps it. A submit button
 * has its form, and a link its address: the browser handles both.
 */
export const earlyClicksScript = `(() => {
  const buttons = [];
  const keep = ({ target }) => {
    const button = target instanceof Element && target.closest('button[type=button]');
    if (button) buttons.push(button);
  };
  addEventListener('click', keep, true);
  window.earlyClicks = { buttons, stop: () => removeEventListener('click', keep, true) };
})()`;

/** Repeats the clicks that came too early, each button once; those that are gone or disabled by now are left out. */
export function repeatEarlyClicks(): void {
  const early = window.earlyClicks;
  if (!early) return;
  window.earlyClicks = undefined;
  early.stop();
  for (const button of new Set(early.buttons)) if (button.isConnected) button.click();
}
