import ReactMarkdown from 'react-markdown';
import remarkGfm from 'remark-gfm';

const style =
  'space-y-2 [&_a]:underline [&_code]:rounded [&_code]:bg-hover [&_code]:px-1 [&_code]:font-mono [&_code]:text-[0.92em] [&_h1]:font-semibold [&_h2]:font-semibold [&_h3]:font-semibold [&_li]:ml-5 [&_ol]:list-decimal [&_pre]:overflow-x-auto [&_pre]:rounded-lg [&_pre]:bg-hover [&_pre]:p-3 [&_pre_code]:p-0 [&_table]:block [&_table]:overflow-x-auto [&_td]:border [&_td]:border-line [&_td]:px-2 [&_td]:py-1 [&_th]:border [&_th]:border-line [&_th]:px-2 [&_th]:py-1 [&_ul]:list-disc [&_blockquote]:border-line [&_blockquote]:border-l-2 [&_blockquote]:pl-3';

/** Renders an agent's Markdown. HTML is shown as text and images become links: a reply must not trigger requests. */
export default function Markdown({ children }: { children: string }) {
  return (
    <div className={style}>
      <ReactMarkdown
        remarkPlugins={[remarkGfm]}
        components={{
          a: ({ href, children: text }) => (
            <a href={href} target="_blank" rel="noopener noreferrer nofollow">
              {text}
            </a>
          ),
          img: ({ src, alt }) => (
            <a href={typeof src === 'string' ? src : undefined} target="_blank" rel="noopener noreferrer nofollow">
              {alt || 'Image'}
            </a>
          ),
          pre: ({ children: code }) => (
            // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
            <pre tabIndex={0}>{code}</pre>
          ),
        }}
      >
        {children}
      </ReactMarkdown>
    </div>
  );
}
