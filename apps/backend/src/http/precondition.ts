import { AppError } from '@agentbot/contracts';

const ENTITY_TAG = /^(W\/)?"([\x21\x23-\x7e]*)"$/;

interface EntityTag {
  weak: boolean;
  value: string;
}

/** The entity tags of a header, or `*`. @throws AppError INVALID_REQUEST */
function entityTags(name: string, header: string): EntityTag[] | '*' {
  if (header.trim() === '*') return '*';
  return header.split(',').map((text) => {
    const [, weak, value] = ENTITY_TAG.exec(text.trim()) ?? [];
    if (value === undefined) throw new AppError('INVALID_REQUEST', `${name} must be * or an ETag in double quotes`);
    return { weak: weak !== undefined, value };
  });
}

/**
 * The precondition of a request on the `ETag` of a resource; null stands for a resource that does not exist. If-Match compares
 * strongly, If-None-Match weakly.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.1
 * @throws AppError INVALID_REQUEST
 */
export function readPrecondition(ifMatch: string | undefined, ifNoneMatch: string | undefined): (current: string | null) => boolean {
  const wanted = ifMatch === undefined ? undefined : entityTags('If-Match', ifMatch);
  const unwanted = ifNoneMatch === undefined ? undefined : entityTags('If-None-Match', ifNoneMatch);
  return (current) => {
    if (current === null) return wanted === undefined;
    if (unwanted === '*' || unwanted?.some(({ value }) => value === current)) return false;
    return wanted === undefined || wanted === '*' || wanted.some(({ weak, value }) => !weak && value === current);
  };
}
