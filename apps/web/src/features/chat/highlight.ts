import { useEffect, useState } from 'react';
import type { Options } from 'react-markdown';

type Plugins = NonNullable<Options['rehypePlugins']>;

let loaded: Plugins | undefined;

/**
 * The syntax highlighter as a list of plugins; empty until it is loaded.
 * @param wanted whether the text has a code block: the first such text loads the highlighter
 */
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
