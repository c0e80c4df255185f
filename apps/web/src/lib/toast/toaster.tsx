import { t } from '@lingui/core/macro';
import { Toaster as Sonner } from 'sonner';

export { toast } from 'sonner';

/** Where toasts appear, in the dashboard's style. */
export default function Toaster() {
  return (
    <Sonner
      position="bottom-right"
      containerAriaLabel={t`Notifications`}
      toastOptions={{
        unstyled: true,
        closeButtonAriaLabel: t`Close toast`,
        classNames: {
          toast:
            'flex w-full items-start gap-3 rounded-lg border border-line bg-surface p-4 pr-8 text-ink text-sm shadow-lg sm:w-[356px] [&_[data-icon]]:relative [&_[data-icon]]:size-5 [&_[data-icon]]:shrink-0',
          title: 'font-medium wrap-anywhere',
          description: 'mt-1 text-muted wrap-anywhere',
          closeButton: 'absolute top-2 right-2 rounded-md p-1 text-muted hover:bg-hover',
          success: '[&_[data-icon]]:text-good',
          info: '[&_[data-icon]]:text-accent',
          error: '[&_[data-icon]]:text-danger',
        },
      }}
    />
  );
}
