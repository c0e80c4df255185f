'use client';

import type { UserView } from '@agentbot/contracts';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { type ReactNode, useState } from 'react';
import { Button } from '../../components/ui/button.tsx';
import { CopyButton } from '../../components/ui/copy-button.tsx';
import { Dialog } from '../../components/ui/dialog.tsx';
import { Field } from '../../components/ui/field.tsx';
import { api } from '../../lib/api/client.ts';
import { formatTime } from '../../lib/format.ts';
import { useMe } from '../../lib/hooks/use-me.ts';
import { planName } from '../../lib/plans.ts';
import { acceptedWithToast, withToast } from '../../lib/toast/with-toast.ts';

interface ActionProps {
  title: string;
  description: ReactNode;
  children: ReactNode;
}

function Action({ title, description, children }: ActionProps) {
  return (
    <section className="space-y-2 border-line border-t pt-3">
      <h3 className="font-medium text-sm">{title}</h3>
      <p className="text-muted text-sm">{description}</p>
      {children}
    </section>
  );
}

/** A link to set a password, shown once. */
export function PasswordLink({ url, expiresAt }: { url: string; expiresAt: string }) {
  return (
    <div className="space-y-2">
      <code className="wrap-anywhere block rounded-lg bg-hover p-3 font-mono text-xs">{url}</code>
      <p className="text-muted text-xs">
        <Trans>Valid once, until {formatTime(expiresAt)}.</Trans>
      </p>
      <CopyButton text={url} label={t`Copy link`} />
    </div>
  );
}

/** Creates a link to set a password, and shows it once. */
function ResetLink({ user }: { user: UserView }) {
  const [busy, setBusy] = useState(false);
  const [link, setLink] = useState<{ url: string; expiresAt: string }>();
  async function create() {
    setBusy(true);
    const created = await withToast(api('createResetLink', { params: { id: user.id } }), {
      pending: t`Creating the link…`,
      success: t`The link is ready`,
    });
    if (created) setLink(created);
    setBusy(false);
  }
  return (
    <Action
      title={t`Password`}
      description={t`This installation cannot send mail. Create a link and give it to the user: anyone who has it can set the password. It is shown only once.`}
    >
      {link ? (
        <PasswordLink {...link} />
      ) : (
        <Button kind="plain" size="small" busy={busy} onClick={create}>
          <Trans>Create reset link</Trans>
        </Button>
      )}
    </Action>
  );
}

/** Deletes the user after their email was typed. */
function DeleteUser({ user, onDeleted }: { user: UserView; onDeleted: () => void }) {
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  async function remove() {
    setBusy(true);
    const accepted = await acceptedWithToast(api('deleteUser', { params: { id: user.id } }), {
      pending: t`Deleting ${user.email}…`,
      success: t`${user.email} is deleted`,
    });
    setBusy(false);
    if (accepted) onDeleted();
  }
  return (
    <Action
      title={t`Delete`}
      description={
        user.agentCount === 0
          ? t`Deletes the account permanently.`
          : t`Deletes the account and ${plural(user.agentCount, { one: 'its agent', other: 'its # agents' })}, with data, conversations and backups, permanently.`
      }
    >
      <Field label={t`Type ${user.email} to confirm`} value={typed} autoComplete="off" onChange={(event) => setTyped(event.target.value)} />
      <Button kind="danger" size="small" busy={busy} disabled={typed !== user.email} onClick={remove}>
        <Trans>Delete user</Trans>
      </Button>
    </Action>
  );
}

interface Props {
  user: UserView;
  /** Whether the installation can send mail. */
  mail: boolean;
  onChanged: () => Promise<unknown>;
}

/** A button that opens what an administrator can do with a user. */
export function ManageUser({ user, mail, onChanged }: Props) {
  const { data: me } = useMe();
  const [open, setOpen] = useState(false);
  const [busy, setBusy] = useState<string>();
  const params = { id: user.id };
  const isSelf = me?.id === user.id;

  const run = (name: string, work: () => Promise<unknown>, pending: string, success: string) => async () => {
    setBusy(name);
    await acceptedWithToast(work(), { pending, success });
    await onChanged();
    setBusy(undefined);
  };
  return (
    <>
      <Button kind="plain" size="small" aria-label={t`Manage ${user.email}`} onClick={() => setOpen(true)}>
        <Trans>Manage</Trans>
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={user.email}
        description={
          isSelf
            ? t`This is your own account.`
            : user.admin
              ? t`Administrator since ${{ time: formatTime(user.createdAt) }}.`
              : t`User since ${{ time: formatTime(user.createdAt) }}.`
        }
      >
        {user.plan && (
          <Action
            title={t`Plan`}
            description={t`The plan ${planName(user.plan)} is granted. Without a plan, the user’s running agents are stopped and keep their data; the next grant starts them again.`}
          >
            <Button
              kind="danger"
              size="small"
              busy={busy === 'plan'}
              onClick={run('plan', () => api('withdrawPlan', { params }), t`Withdrawing the plan…`, t`The plan is withdrawn`)}
            >
              <Trans>Withdraw the plan</Trans>
            </Button>
          </Action>
        )}
        <Action
          title={t`Role`}
          description={
            user.adminBySetting
              ? t`The setting ADMIN_EMAILS makes this user an administrator. Change it there.`
              : t`Administrators see all users and agents, grant plans, and block or delete users.`
          }
        >
          {!user.adminBySetting && (
            <Button
              kind="plain"
              size="small"
              busy={busy === 'role'}
              onClick={run(
                'role',
                () => api('setUserRole', { params, body: { admin: !user.admin } }),
                t`Changing the role…`,
                user.admin ? t`${user.email} is no longer an administrator` : t`${user.email} is an administrator`,
              )}
            >
              {user.admin ? t`Make a user` : t`Make an administrator`}
            </Button>
          )}
        </Action>
        {!mail && !user.closing && <ResetLink user={user} />}
        {!isSelf && (
          <>
            <Action
              title={user.blocked ? t`Blocked` : t`Block`}
              description={
                user.blocked
                  ? t`The user cannot sign in, API keys are refused, and the agents are stopped. Unblocking starts the agents that the block stopped.`
                  : t`Signs the user out everywhere, refuses API keys, and stops the agents, which keep their data. You can undo this.`
              }
            >
              <Button
                kind={user.blocked ? 'plain' : 'danger'}
                size="small"
                busy={busy === 'block'}
                onClick={run(
                  'block',
                  () => api('setUserBlocked', { params, body: { blocked: !user.blocked } }),
                  user.blocked ? t`Unblocking…` : t`Blocking…`,
                  user.blocked ? t`${user.email} is no longer blocked` : t`${user.email} is blocked`,
                )}
              >
                {user.blocked ? t`Unblock user` : t`Block user`}
              </Button>
            </Action>
            <DeleteUser
              user={user}
              onDeleted={() => {
                setOpen(false);
                void onChanged();
              }}
            />
          </>
        )}
      </Dialog>
    </>
  );
}
