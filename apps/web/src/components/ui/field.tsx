import { type ComponentProps, type ReactNode, useId } from 'react';

export const controlStyle =
  'w-full min-h-10 rounded-lg border border-muted/50 bg-surface px-3 py-2 text-base sm:text-sm placeholder:text-muted';

interface Labelled {
  label: string;
  hint?: string;
}

function Row({ id, label, hint, children }: Labelled & { id: string; children: ReactNode }) {
  return (
    <div className="space-y-1.5">
      <label className="block font-medium text-sm" htmlFor={id}>
        {label}
      </label>
      {children}
      {hint && (
        <p id={`${id}-hint`} className="text-muted text-xs">
          {hint}
        </p>
      )}
    </div>
  );
}

/** A labelled text input with an optional hint. */
export function Field({ label, hint, ...rest }: ComponentProps<'input'> & Labelled) {
  const id = useId();
  return (
    <Row id={id} label={label} hint={hint}>
      <input id={id} className={controlStyle} aria-describedby={hint ? `${id}-hint` : undefined} {...rest} />
    </Row>
  );
}

/** A labelled choice with an optional hint. */
export function Choice({
  label,
  hint,
  options,
  ...rest
}: ComponentProps<'select'> & Labelled & { options: [value: string, text: string][] }) {
  const id = useId();
  return (
    <Row id={id} label={label} hint={hint}>
      <select id={id} className={controlStyle} aria-describedby={hint ? `${id}-hint` : undefined} {...rest}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </select>
    </Row>
  );
}
