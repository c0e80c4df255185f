import { Button } from './button.tsx';

interface Props<T> {
  /** The name of the group, for screen readers. */
  legend: string;
  value: T;
  options: readonly (readonly [value: T, name: string])[];
  onChange: (value: T) => void;
}

/** A row of buttons, one of which is pressed. */
export function Choice<T extends string | number>({ legend, value: chosen, options, onChange }: Props<T>) {
  return (
    <fieldset className="flex gap-2">
      <legend className="sr-only">{legend}</legend>
      {options.map(([value, name]) => (
        <Button
          key={value}
          size="small"
          kind={chosen === value ? 'primary' : 'plain'}
          aria-pressed={chosen === value}
          onClick={() => onChange(value)}
        >
          {name}
        </Button>
      ))}
    </fieldset>
  );
}
