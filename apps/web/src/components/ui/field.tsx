import { type ComponentProps, type ReactNode, useId } from 'react';
import { useHydrated } from '../../lib/hooks/use-hydrated.ts';

export const controlStyle =
  'min-h-10 rounded-lg border border-muted/50 bg-surface px-3 py-2 text-base sm:text-sm placeholder:text-muted disabled:opacity-60';

export const wideControlStyle = `w-full ${controlStyle}`;

/**
 * Whether a control is disabled. A control with `onChange` is disabled until React has hydrated the page, because React discards a
 * value that was entered earlier.
 */
function useDisabled({ disabled, onChange }: { disabled?: boolean | undefined; onChange?: unknown }): boolean | undefined {
  const hydrated = useHydrated();
  return disabled || (onChange !== undefined && !hydrated);
}

/** A native input, disabled until its `onChange` can run. */
export const Input = (props: ComponentProps<'input'>) => <input {...props} disabled={useDisabled(props)} />;

/** A native select, disabled until its `onChange` can run. */
export const Select = (props: ComponentProps<'select'>) => <select {...props} disabled={useDisabled(props)} />;

/** A native text area, disabled until its `onChange` can run. */
export const TextArea = (props: ComponentProps<'textarea'>) => <textarea {...props} disabled={useDisabled(props)} />;

interface LabelProps {
  label: string;
  hint?: ReactNode;
  /** The validation error of the value. */
  problem?: string | undefined;
}

function Row({ id, label, hint, problem, children }: LabelProps & { id: string; children: ReactNode }) {
  return (
    <div className="space-y-1.5">
      <label className="block font-medium text-sm" htmlFor={id}>
        {label}
      </label>
      {children}
      {problem && (
        <p id={`${id}-problem`} className="text-danger text-xs">
          {problem}
        </p>
      )}
      {hint && (
        <p id={`${id}-hint`} className="text-muted text-xs">
          {hint}
        </p>
      )}
    </div>
  );
}

const ariaOf = (id: string, { hint, problem }: Pick<LabelProps, 'hint' | 'problem'>) => ({
  'aria-describedby': [problem && `${id}-problem`, hint && `${id}-hint`].filter(Boolean).join(' ') || undefined,
  'aria-invalid': problem ? true : undefined,
});

/** A labelled text input. */
export function Field({ label, hint, problem, ...rest }: ComponentProps<'input'> & LabelProps) {
  const id = useId();
  return (
    <Row id={id} label={label} hint={hint} problem={problem}>
      <Input id={id} className={wideControlStyle} {...ariaOf(id, { hint, problem })} {...rest} />
    </Row>
  );
}

/** A labelled select. */
export function SelectField({
  label,
  hint,
  problem,
  options,
  ...rest
}: ComponentProps<'select'> & LabelProps & { options: readonly (readonly [value: string, text: string])[] }) {
  const id = useId();
  return (
    <Row id={id} label={label} hint={hint} problem={problem}>
      <Select id={id} className={wideControlStyle} {...ariaOf(id, { hint, problem })} {...rest}>
        {options.map(([value, text]) => (
          <option key={value} value={value}>
            {text}
          </option>
        ))}
      </Select>
    </Row>
  );
}

/** A labelled text of several lines. */
export function TextAreaField({ label, hint, problem, ...rest }: ComponentProps<'textarea'> & LabelProps) {
  const id = useId();
  return (
    <Row id={id} label={label} hint={hint} problem={problem}>
      <TextArea id={id} rows={3} className={wideControlStyle} {...ariaOf(id, { hint, problem })} {...rest} />
    </Row>
  );
}
