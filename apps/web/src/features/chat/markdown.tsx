import { t } from '@lingui/core/macro';
import '@fontsource-variable/geist-mono';
import './markdown.css';
import type { ReactNode } from 'react';
import ReactMarkdown, { type Components, type ExtraProps } from 'react-markdown';
import remarkGfm from 'remark-gfm';
import remend from 'remend';
import { CopyButton } from '../../components/ui/copy-button.tsx';
import { useHighlighter } from './highlight.ts';

type Element = NonNullable<ExtraProps['node']>;

/** Closes open Markdown only. Images, HTML and formulas stay as they are. */
const REPAIRS = { linkMode: 'text-only', images: false, htmlTags: false, katex: false } as const;

const textOf = (node: Element | Element['children'][number]): string =>
  'children' in node ? node.children.map(textOf).join('') : 'value' in node ? node.value : '';

/** The language that a code block names: `language-ts` → `ts`. */
function languageOf({ children: [code] }: Element): string | undefined {
  const names = code?.type === 'element' ? code.properties.className : undefined;
  const [language] = Array.isArray(names) ? names.flatMap((name) => /^language-(.+)/.exec(String(name))?.[1] ?? []) : [];
  return language;
}

const link = (href: unknown, text: ReactNode) => (
  <a href={typeof href === 'string' ? href : undefined} target="_blank" rel="noopener noreferrer nofollow">
    {text}
  </a>
);

const components: Components = {
  a: ({ href, children }) => link(href, children),
  img: ({ src, alt }) => link(src, alt || t({ message: 'Image', context: 'picture' })),
  pre: ({ node, children }) => (
    <div className="code-block">
      <div className="flex min-h-9 flex-wrap items-center justify-between gap-2 border-line border-b py-0.5 pr-1 pl-3 text-muted text-xs">
        <span>{(node && languageOf(node)) ?? t`Code`}</span>
        <CopyButton compact label={t`Copy code`} text={node ? textOf(node).replace(/\n$/, '') : ''} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <pre tabIndex={0}>{children}</pre>
    </div>
  ),
  table: ({ children }) => (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <div className="overflow-x-auto" tabIndex={0}>
      <table>{children}</table>
    </div>
  ),
};

interface Props {
  /** Whether the agent is still writing the text: open Markdown is closed for display, and code is not highlighted yet. */
  growing?: boolean | undefined;
  children: string;
}

/** Renders an agent's Markdown. HTML is shown as text and images become links: a reply must not trigger requests. */
export default function Markdown({ growing, children }: Props) {
  const highlighter = useHighlighter(!growing && /^ *(`{3}|~{3})/m.test(children));
  return (
    <div className="prose-chat">
      <ReactMarkdown remarkPlugins={[remarkGfm]} rehypePlugins={highlighter} components={components}>
        {growing ? remend(children, REPAIRS) : children}
      </ReactMarkdown>
    </div>
  );
}
