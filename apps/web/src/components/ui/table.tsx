import type { CSSProperties, ReactNode } from 'react';

interface Props {
  /** The name of the table for screen readers. */
  label: string;
  head: readonly string[];
  children: ReactNode;
}

/** The column names as CSS variables: on a phone each cell shows its own. */
const columnNames = (head: readonly string[]) =>
  Object.fromEntries(head.map((name, index) => [`--column-${index + 1}`, JSON.stringify(name)])) as CSSProperties;

/** A table that scrolls horizontally if it does not fit. On a phone each row is a block. At most six columns. */
export function Table({ label, head, children }: Props) {
  return (
    <div
      role="region"
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
      tabIndex={0}
      className="rows-as-blocks overflow-x-auto rounded-xl border border-line bg-surface"
      style={columnNames(head)}
    >
      <table className="w-full text-left text-sm [&_td]:px-4 [&_td]:py-2.5 [&_td]:align-top [&_th]:px-4 [&_th]:py-2.5">
        <thead className="border-line border-b text-muted text-xs">
          <tr>
            {head.map((name) => (
              <th key={name} scope="col" className="whitespace-nowrap font-medium">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody className="divide-y divide-line">{children}</tbody>
      </table>
    </div>
  );
}
