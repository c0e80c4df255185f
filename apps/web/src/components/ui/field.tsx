import { type ComponentProps, useId } from 'react';

export const controlStyle =
  'w-full min-h-10 rounded-lg border border-line bg-surface px-3 py-2 text-base sm:text-sm placeholder:text-muted';

/** A labelled text input with an optional hint. */
export function Field({ label, hint, ...rest }: ComponentProps<'input'> & { label: string; hint?: string }) {
  const id = useId();
  return (
    <div className="space-y-1.5">
      <label className="block font-medium text-sm" htmlFor={id}>
        {label}
      </label>
      <input id={id} className={controlStyle} aria-describedby={hint ? `${id}-hint` : undefined} {...rest} />
      {hint && (
        <p id={`${id}-hint`} className="text-muted text-xs">
          {hint}
        </p>
      )}
    </div>
  );
}

/** A labelled choice. */
export function Choice({
  label,
  options,
  ...rest
}: ComponentProps<'select'> & { label: string; options: [value: string, text: string][] }) {
  const id = useId();
  return (
    <div className="space-y-1.5">
      <label className="block font-medium text-sm" htmlFor={id}>
        {label}
      </label>
      <select id={id} className={controlStyle} {...rest}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}
