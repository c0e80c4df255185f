import { Trans } from '@lingui/react/macro';

/** What the installation does not give by itself: an account, or a link to set a new password. */
export type Wish = 'account' | 'link';

/** Whom to ask for what the installation does not give by itself. */
export function AskAdministrator({ wish, contact }: { wish: Wish; contact: string | null }) {
  if (!contact) {
    return wish === 'account' ? (
      <Trans>Ask the administrator of this installation for an account.</Trans>
    ) : (
      <Trans>Ask the administrator of this installation for a link to set a new one.</Trans>
    );
  }
  const whom = <span className="wrap-anywhere font-medium">{contact}</span>;
  return wish === 'account' ? (
    <Trans>Ask the administrator of this installation for an account: {whom}</Trans>
  ) : (
    <Trans>Ask the administrator of this installation for a link to set a new one: {whom}</Trans>
  );
}
