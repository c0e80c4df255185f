import { AppError, type ReplyErrorKind } from '@agentbot/contracts';

/** The sentence of a reply that a person or the gateway stopped. */
export const INTERRUPTED = 'The agent was interrupted';

const advice: Partial<Record<ReplyErrorKind, string>> = {
  unreachable: 'Check the address of the model, and whether its server runs',
  unauthorized: "Check the agent's model key",
  quota: 'Add credit at the model provider, or choose another model',
  rate_limited: 'Wait a minute, then send the message again',
  bad_response: 'Send the message again; if that fails too, check the model and its address',
  timeout: 'Send the message again, or choose a faster model',
};

/** A reason that names images: the model does not read them, or refuses one of them. */
const NAMES_IMAGES = /\bimages?\b|\bimage_url\b|\bmultimodal\b/i;
const WITHOUT_IMAGES = 'Choose a model that reads images, or begin a new conversation without them';

/** What the owner can do about a failed reply. @param sentence contains the reason */
const adviceFor = (kind: ReplyErrorKind, sentence: string): string | undefined =>
  (kind === 'bad_response' || kind === 'agent') && NAMES_IMAGES.test(sentence) ? WITHOUT_IMAGES : advice[kind];

/** The kinds with the patterns of their error messages; the first match wins. A status code matches only as a separate number. */
const signs: [ReplyErrorKind, RegExp][] = [
  // The model gateway's own error, in the words of the gateway that got it.
  ['budget', /BUDGET_EXCEEDED/],
  ['quota', /\b402\b|quota|billing|credit|\bbalance\b|payment required/i],
  ['rate_limited', /\b429\b|rate.?limit|too many requests/i],
  [
    'unauthorized',
    /\b40[13]\b|unauthori[sz]ed|authenticat|permission_error|not have (access|permission)|(invalid|incorrect|no) (api.?)?key|key not valid/i,
  ],
  ['timeout', /\b(408|504)\b|time(d|.)?.?out\b|did not answer/i],
  [
    'unreachable',
    /ECONN|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|connection (error|failed|refused)|cannot connect|fetch failed|network|unreachable|no answer/i,
  ],
  ['bad_response', /\b[45]\d\d\b|terminated|overloaded|ended early|web page|stream|JSON|AI service|LLM request failed/i],
];

/** Classifies a reason in the words of a gateway or a provider. @param otherwise the kind when nothing is recognised */
export const kindOf = (reason: string, otherwise: ReplyErrorKind): ReplyErrorKind =>
  // Addresses in a reason, such as that of a billing page, say nothing about it.
  signs.find(([, sign]) => sign.test(reason.replace(/https?:\/\/\S+/g, '')))?.[0] ?? otherwise;

/** The error of a reply: a sentence for the agent's owner with what to do about it, and its kind as a field of the error body. */
export class ReplyError extends AppError {
  readonly kind: ReplyErrorKind;

  constructor(kind: ReplyErrorKind, sentence: string) {
    const next = adviceFor(kind, sentence);
    super('OPERATION_FAILED', next ? `${sentence.replace(/[.\s]+$/, '')}. ${next}` : sentence, { details: { kind } });
    this.name = 'ReplyError';
    this.kind = kind;
  }
}

/**
 * The error of a reply, from a reason in the words of a gateway or a provider. The model gateway's own sentence about a budget stands
 * for itself.
 * @param otherwise the kind when nothing is recognised
 * @param sentence what the owner reads; the reason by default
 */
export function replyErrorFrom(reason: string, otherwise: ReplyErrorKind, sentence = reason): ReplyError {
  const [, budget] = /BUDGET_EXCEEDED: ([^\n]+)/.exec(reason) ?? [];
  return budget ? new ReplyError('budget', budget) : new ReplyError(kindOf(reason, otherwise), sentence);
}

/** The error of a run that may go on: the connection to its gateway was lost. */
export class LostRunError extends ReplyError {
  constructor() {
    super('agent', "The connection to the agent's gateway was lost");
  }
}

/** The error of a run that a person or the gateway stopped. */
export const interrupted = () => new ReplyError('stopped', INTERRUPTED);

/** The error of a run that ended without text. */
export const answeredNothing = () => new ReplyError('bad_response', 'The agent answered nothing');
