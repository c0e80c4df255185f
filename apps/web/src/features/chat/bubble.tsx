interface Props {
  sender: 'user' | 'agent';
  children: string;
}

/** One message of a conversation. */
export function Bubble({ sender, children }: Props) {
  const own = sender === 'user';
  const look = own ? 'ml-auto bg-accent text-on-accent' : 'border border-line bg-canvas';
  return (
    <div className={`w-fit max-w-[85%] whitespace-pre-wrap wrap-anywhere rounded-xl px-3 py-2 text-sm ${look}`}>
      <span className="sr-only">{own ? 'You: ' : 'Agent: '}</span>
      {children}
    </div>
  );
}
