import { DONE, deltaEvent, event, type StreamScript, streamOf, toolCallOf } from '@agentbot/test-doubles/stream-script';

/** A stream of a model, and what must come of it. */
export interface StreamCase {
  name: string;
  /** The responses to the requests of one message, in order; the last one also answers the retries. */
  responses: StreamScript[];
  /** The reply of an agent without a container, or its error. */
  backend: string | RegExp;
  /**
   * The container's: `transcript` for what the agent's transcript says, a text for a transcript that says the same, or the error.
   * Default: the same as the backend's.
   */
  container?: 'transcript' | { text: string } | RegExp;
  /** The container's reply where it differs on versions from 2026.8.1 on. */
  newer?: RegExp;
  /** A person says `stop` to the agent in a container while it answers. */
  stop?: true;
}

const REFUSED = /^The model provider failed \(.+\)\. [A-Z].*$/;
const ENDED_EARLY =
  'The model provider failed (its reply ended early). Send the message again; if that fails too, check the model and its address';
const early = new RegExp(`^${ENDED_EARLY.replace(/[()]/g, '\\$&')}$`);
const ANY_ERROR = /./;
/** A newer gateway asks the model again when it said nothing for a person; the double repeats that request. */
const ASKED_AGAIN = /^You said: The previous .*did not produce a user-visible answer\./;

/** A correct stream of these parts. */
const parts = (name: string, ...texts: string[]): StreamCase => ({
  name,
  responses: [{ steps: streamOf(texts) }],
  backend: texts.join(''),
});
const raw = (name: string, steps: StreamScript['steps'], backend: StreamCase['backend'], more: Partial<StreamScript> = {}): StreamCase => ({
  name,
  responses: [{ steps, ...more }],
  backend,
});
/** Splits a text into two parts at each position inside its first `length` characters. */
const splits = (name: string, text: string, length: number, backend: string, container?: StreamCase['container']): StreamCase[] =>
  Array.from({ length: length - 1 }, (_, at) => ({
    ...parts(`${name}, split after ${at + 1}`, text.slice(0, at + 1), text.slice(at + 1)),
    backend,
    ...(container && { container }),
  }));
const bytes = (text: string) => [...Buffer.from(text)].map((byte) => Uint8Array.of(byte));
const letters = (text: string) => [...text];

const THOUGHT = '<think>The user greets me.</think>Hello there! How can I help?';
const hello = { backend: 'Hello there! How can I help?', container: { text: 'Hello there! How can I help?' } };
const TAGS = 'Use `<think>` tags in prompts and <final> too';
const CODE = 'Write:\n```python\ndef f(x):\n    if x:\n        return "<b>"\n\treturn None\n```\nDone.';
const FAMILY = '👩‍👩‍👧‍👦';
const LARGE = Array.from({ length: 1_500 }, (_, line) => `Line ${line}: ${'words and more words '.repeat(4)}\n`).join('');
const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

const tags: StreamCase[] = [
  { ...parts('a thought as one chunk', '<think>', 'The user greets me.', '</think>', 'Hello there! How can I help?'), ...hello },
  { ...parts('a thought in one chunk with the text', THOUGHT), ...hello },
  { ...parts('a thought letter by letter', ...letters(THOUGHT)), ...hello },
  { ...parts('a closing tag in three parts', '<think>hm', '</', 'thi', 'nk>', hello.backend), ...hello },
  { ...parts('thinking in a long tag', '<thinking>', 'hm', '</thinking>', hello.backend), ...hello },
  ...splits('a thought', THOUGHT, 8, hello.backend, hello.container),
  { ...parts('tags in a code span', TAGS), container: 'transcript' },
  { ...parts('tags in a code span, word by word', ...(TAGS.match(/\S+\s*/g) ?? [])), container: 'transcript' },
  { ...parts('tags in a code span, letter by letter', ...letters(TAGS)), container: 'transcript' },
  ...splits(
    'a code span with a tag',
    '`<final>` is a tag, and <b>bold</b> is one.',
    9,
    '`<final>` is a tag, and <b>bold</b> is one.',
    'transcript',
  ),
  { ...parts('a closing tag alone', 'Close it with ', '`</think>`', ', then go on.'), container: 'transcript' },
  { ...parts('a fence with tags', '```html\n<think>', 'a</think>\n<final>b</final>\n', '```\nThat is it.'), container: 'transcript' },
  { ...parts('a less-than sign at the end', 'if a ', '<', ' b and b <'), container: 'transcript' },
];

const tokens: StreamCase[] = [
  // A newer gateway takes the line out of its transcript; the stored reply has what the model said.
  {
    ...parts('a MEDIA line', 'Here it is:\n', 'MEDIA: /tmp/x.png', '\nDone.'),
    container: 'transcript',
    newer: /^Here it is:\nMEDIA: \/tmp\/x\.png\nDone\.$/,
  },
  { ...parts('a MEDIA line alone', 'MEDIA:', ' /tmp/x.png'), container: 'transcript', newer: /^MEDIA: \/tmp\/x\.png$/ },
  { ...parts('a MEDIA line in a fence', '```\nMEDIA: ', './x.png\n```'), container: 'transcript' },
  { ...parts('the silent token in two parts', 'NO', '_REPLY'), container: /^The agent chose not to reply$/, newer: ASKED_AGAIN },
  { ...parts('the silent token in one part', 'NO_REPLY'), container: /^The agent chose not to reply$/, newer: ASKED_AGAIN },
  { ...parts('the silent token in a sentence', 'Write NO', '_REPLY to be', ' silent.'), container: 'transcript' },
  { ...parts('a text that begins like the silent token', 'NO', '. That is wrong.'), container: 'transcript' },
  { ...parts('a directive of the gateway', '[[reply_to', '_current]] Hello.'), container: { text: 'Hello.' } },
  { ...parts('double brackets of the user’s own', 'See [[Home]] and a[[0]] and [x', '.'), container: 'transcript' },
  { ...parts('an open bracket at the end', 'The list is [1, 2'), container: 'transcript' },
];

const characters: StreamCase[] = [
  parts('an emoji split into its surrogates', 'Party \ud83c', '\udf89 time'),
  parts('a family of emoji, one code point at a time', 'A family: ', ...letters(FAMILY), '.'),
  parts('combining marks', 'cafe', '\u0301 and e', '\u0301\u0323'),
  parts('right to left and marks', 'שלום \u200f', 'مرحبا\u200d', ' ok'),
  raw('bytes one by one', streamOf(['Grüße 日本 ', FAMILY]).flatMap(bytes), `Grüße 日本 ${FAMILY}`),
  raw('a lone surrogate', streamOf(['lone \ud83c end']), 'lone \ufffd end'),
  raw('broken UTF-8', [Buffer.from(streamOf(['a', 'X', 'b']).join('').replace('"X"', '"\u00ff"'), 'latin1')], 'a\ufffdb'),
  raw('NUL in the text', streamOf(['nul\u0000 inside']), 'nul inside'),
  parts('lines of code', ...(CODE.match(/[\s\S]{1,7}/g) ?? [])),
  parts('trailing white space and blank lines', 'One.  \n\n', '\n\tTwo.\n', '  three'),
  parts('carriage returns', 'a\r', '\nb\r\n', 'c'),
  parts('line separators', 'a\u2028b\u2029', 'c\u0085d'),
];

const framing: StreamCase[] = [
  raw(
    'CRLF framing',
    streamOf(['With ', 'CRLF.']).map((each) => each.replaceAll('\n', '\r\n')),
    'With CRLF.',
  ),
  raw('comments', [': OPENROUTER PROCESSING\n\n', ...streamOf(['Commented.']).flatMap((each) => [each, ': keep-alive\n\n'])], 'Commented.'),
  raw('all in one write', [streamOf(['One ', 'write.']).join('')], 'One write.'),
  raw(
    'cut at odd places',
    streamOf(['Odd ', 'places.'])
      .join('')
      .match(/[\s\S]{1,13}/g) ?? [],
    'Odd places.',
  ),
  raw(
    'no space after data',
    streamOf(['No ', 'space.']).map((each) => each.replace('data: ', 'data:')),
    'No space.',
  ),
  raw(
    'named events and ids',
    streamOf(['Named.']).map((each, id) => `event: message\nid: ${id}\n${each}`),
    'Named.',
  ),
  raw('no [DONE]', streamOf(['Not ', 'done.']).slice(0, -1), 'Not done.'),
  raw('usage last', [...streamOf(['Used.']).slice(0, -1), event({ choices: [], usage }), DONE], 'Used.'),
  raw(
    'slow',
    streamOf(['Slow ', 'and ', 'steady.']).flatMap((each) => [each, 300]),
    'Slow and steady.',
  ),
  raw('text after the finish', [...streamOf(['Whole.']), deltaEvent({ content: ' More.' })], 'Whole.'),
  parts('empty and null parts', '', 'Some', '', ' text.', ''),
  raw('null content', [deltaEvent({ role: 'assistant', content: null }), ...streamOf(['After null.']).slice(1)], 'After null.'),
  parts('large', ...(LARGE.match(/[\s\S]{1,4096}/g) ?? [])),
  parts('one large token', 'x'.repeat(100_000)),
  parts('many tokens', ...Array.from({ length: 1_000 }, (_, index) => `${index} `)),
  parts('longer than the history shows', 'Word '.repeat(3_000), 'end.'),
  raw(
    'reasoning beside the text',
    [deltaEvent({ role: 'assistant', content: '' }), deltaEvent({ reasoning_content: 'hm' }), ...streamOf(['Beside.']).slice(1)],
    'Beside.',
  ),
  {
    ...raw('[DONE], connection left open', streamOf(['Left ', 'open.']), 'Left open.', { end: 'open' }),
    // The gateway waits for the end of the connection.
    container: /^The agent was interrupted$/,
    stop: true,
  },
];

const faults: StreamCase[] = [
  raw('an empty body', [], REFUSED),
  raw('[DONE] alone', [DONE], REFUSED),
  { ...raw('an empty reply', streamOf([]), /^The agent answered nothing\. Send the message again/), container: ANY_ERROR },
  { ...raw('a blank reply', streamOf([' ', '\n']), /^The agent answered nothing\. Send the message again/), container: ANY_ERROR },
  {
    ...raw(
      'reasoning alone',
      [deltaEvent({ reasoning_content: 'hm' }), ...streamOf([]).slice(1)],
      /^The agent answered nothing\. Send the message again/,
    ),
    container: ANY_ERROR,
  },
  { ...raw('a web page', ['<!doctype html><title>Sign in</title>'], REFUSED, { type: 'text/html' }), container: ANY_ERROR },
  {
    ...raw('a web page that says it is a stream', ['<!doctype html>\n<title>Sign in</title>\n'], REFUSED),
    container: ANY_ERROR,
  },
  {
    ...raw('an error as JSON', ['{"error":{"message":"Credit balance is too low"}}'], /Credit balance is too low/, {
      type: 'application/json',
    }),
    container: ANY_ERROR,
  },
  {
    ...raw(
      'an error in the stream',
      [...streamOf(['Some words']).slice(0, -2), event({ error: { message: 'Provider disconnected' } })],
      /Provider disconnected/,
    ),
    container: /Provider disconnected/,
  },
  {
    ...raw('an error first', [event({ error: { message: 'Overloaded upstream', code: 502 } })], /Overloaded upstream/),
    container: ANY_ERROR,
  },
  { ...raw('an end without a finish', streamOf(['Cut ', 'off here']).slice(0, -2), early), container: 'transcript' },
  { ...raw('[DONE] without a finish', [...streamOf(['Cut ', 'too']).slice(0, -2), DONE], early), container: 'transcript' },
  { ...raw('a connection cut in the stream', streamOf(['Cut ', 'wire']).slice(0, -2), REFUSED, { end: 'cut' }), container: ANY_ERROR },
  raw('broken JSON', [streamOf(['Some ']).slice(0, 2).join(''), 'data: {"choices":[{"del\n\n', DONE], REFUSED),
  { ...raw('status 401', ['{"error":{"message":"Bad key"}}'], /Bad key/, { status: 401, type: 'application/json' }), container: ANY_ERROR },
];
faults.forEach((each) => {
  each.container ??= ANY_ERROR;
});

/** Texts around calls of tools. Agents without a container have no tools, so these are for containers only. */
export const toolCases: StreamCase[] = [
  {
    name: 'text before and after a call',
    responses: [{ steps: toolCallOf(['First step.'], 'session_status', {}) }, { steps: streamOf(['Final ', 'answer.']) }],
    backend: '',
    container: { text: 'First step.\n\nFinal answer.' },
  },
  {
    name: 'text around two calls',
    responses: [
      { steps: toolCallOf(['First step: ', 'a call.'], 'session_status', {}, 'call_1') },
      { steps: toolCallOf(['Second step: another call.'], 'session_status', {}, 'call_2') },
      { steps: streamOf(['Final answer.']) },
    ],
    backend: '',
    container: { text: 'First step: a call.\n\nSecond step: another call.\n\nFinal answer.' },
  },
  {
    name: 'a call without text before it',
    responses: [{ steps: toolCallOf([], 'session_status', {}) }, { steps: streamOf(['Only this.']) }],
    backend: '',
    container: { text: 'Only this.' },
  },
  {
    name: 'a call with text before and silence after it',
    responses: [{ steps: toolCallOf(['I look.'], 'session_status', {}) }, { steps: streamOf(['NO_', 'REPLY']) }],
    backend: '',
    container: { text: 'I look.' },
    newer: /^I look\.\n\nYou said: The previous assistant turn completed its tool calls/,
  },
  {
    name: 'a call, then silence',
    responses: [{ steps: toolCallOf([], 'session_status', {}) }, { steps: streamOf(['NO_REPLY']) }],
    backend: '',
    container: /^The agent chose not to reply$/,
    newer: ASKED_AGAIN,
  },
  {
    name: 'a call of an unknown tool',
    responses: [{ steps: toolCallOf(['Let me try.'], 'no_such_tool', { a: 1 }) }, { steps: streamOf(['It is not there.']) }],
    backend: '',
    container: { text: 'Let me try.\n\nIt is not there.' },
  },
];

export const streamCases: StreamCase[] = [...tags, ...tokens, ...characters, ...framing, ...faults];
