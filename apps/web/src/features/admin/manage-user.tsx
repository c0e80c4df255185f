'use client';

import type { UserView } from '@agentbot/contracts';
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
      <p className="text-muted text-xs">Valid once, until {formatTime(expiresAt)}.</p>
      <CopyButton text={url} label="Copy link" />
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
      pending: 'Creating the link…',
      success: 'The link is ready',
    });
    if (created) setLink(created);
    setBusy(false);
  }
  return (
    <Action
      title="Password"
      description="This installation cannot send mail. Create a link and give it to the user: anyone who has it can set the password. It is shown only once."
    >
      {link ? (
        <PasswordLink {...link} />
      ) : (
        <Button kind="plain" size="small" busy={busy} onClick={create}>
          Create reset link
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
      pending: `Deleting ${user.email}…`,
      success: `${user.email} is deleted`,
    });
    setBusy(false);
    if (accepted) onDeleted();
  }
  const agents = user.agentCount === 1 ? 'its agent' : `its ${user.agentCount} agents`;
  return (
    <Action
      title="Delete"
      description={`Deletes the account${user.agentCount ? ` and ${agents}, with data, conversations and backups,` : ''} permanently.`}
    >
      <Field label={`Type ${user.email} to confirm`} value={typed} autoComplete="off" onChange={(event) => setTyped(event.target.value)} />
      <Button kind="danger" size="small" busy={busy} disabled={typed !== user.email} onClick={remove}>
        Delete user
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
      <Button kind="plain" size="small" aria-label={`Manage ${user.email}`} onClick={() => setOpen(true)}>
        Manage
      </Button>
      <Dialog
        open={open}
        onOpenChange={setOpen}
        title={user.email}
        description={isSelf ? 'This is your own account.' : `${user.admin ? 'Administrator' : 'User'} since ${formatTime(user.createdAt)}.`}
      >
        {user.plan && (
          <Action
            title="Plan"
            description={`The plan ${planName(user.plan)} is granted. Without a plan, the user’s running agents are stopped and keep their data; the next grant starts them again.`}
          >
            <Button
              kind="danger"
              size="small"
              busy={busy === 'plan'}
              onClick={run('plan', () => api('withdrawPlan', { params }), 'Withdrawing the plan…', 'The plan is withdrawn')}
            >
              Withdraw the plan
            </Button>
          </Action>
        )}
        <Action
          title="Role"
          description={
            user.adminBySetting
              ? 'The setting ADMIN_EMAILS makes this user an administrator. Change it there.'
              : 'Administrators see all users and agents, grant plans, and block or delete users.'
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
                'Changing the role…',
                user.admin ? `${user.email} is no longer an administrator` : `${user.email} is an administrator`,
              )}
            >
              {user.admin ? 'Make a user' : 'Make an administrator'}
            </Button>
          )}
        </Action>
        {!mail && !user.closing && <ResetLink user={user} />}
        {!isSelf && (
          <>
            <Action
              title={user.blocked ? 'Blocked' : 'Block'}
              description={
                user.blocked
                  ? 'The user cannot sign in, API keys are refused, and the agents are stopped. Unblocking starts the agents that the block stopped.'
                  : 'Signs the user out everywhere, refuses API keys, and stops the agents, which keep their data. You can undo this.'
              }
            >
              <Button
                kind={user.blocked ? 'plain' : 'danger'}
                size="small"
                busy={busy === 'block'}
                onClick={run(
                  'block',
                  () => api('setUserBlocked', { params, body: { blocked: !user.blocked } }),
                  user.blocked ? 'Unblocking…' : 'Blocking…',
                  user.blocked ? `${user.email} is no longer blocked` : `${user.email} is blocked`,
                )}
              >
                {user.blocked ? 'Unblock user' : 'Block user'}
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
