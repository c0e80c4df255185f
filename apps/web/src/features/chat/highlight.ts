import { useEffect, useState } from 'react';
import type { Options } from 'react-markdown';

type Plugins = NonNullable<Options['rehypePlugins']>;

let loaded: Plugins | undefined;

/** The syntax highlighter, loaded for the first text with a code block; none before. */
export function useHighlighter(wanted: boolean): Plugins {
  const [plugins, setPlugins] = useState(loaded);
  useEffect(() => {
    if (!wanted || plugins) return;
    // Without the highlighter the code stays readable.
    void import('rehype-highlight').then(
      ({ default: highlight }) => {
        loaded = [highlight];
        setPlugins(loaded);
      },
      () => undefined,
    );
  }, [wanted, plugins]);
  return (wanted && plugins) || [];
}
