import type { InstallationHealth, SetupPart } from '@agentbot/contracts';
import { plural, t } from '@lingui/core/macro';

/** A part of the installation in the checklist. */
export interface SetupItem {
  title: string;
  /** `optional`: the installation works without it, with the limits that the text names. */
  state: 'done' | 'optional' | 'problem';
  text: string;
  link?: { href: string; name: string };
  test?: { part: SetupPart; action: string };
}

/** The state of a part that `/health/ready` reports. */
const stateOf = (part: string) => (part === 'ok' ? 'done' : 'problem');

function keysText({ sharedKeys, accountKeys }: InstallationHealth['setup']): string {
  if (sharedKeys > 0)
    return t`${plural(sharedKeys, { one: '# shared key', other: '# shared keys' })}: agents without a key of their own use them.`;
  if (accountKeys > 0) return t`Accounts have saved keys of their own. No key is shared with everybody.`;
  return t`No key is saved. Without one, each agent needs its own key when it is created. A key is tested when you save it.`;
}

/** The checklist of an installation, in the order in which an operator sets it up. */
export function setupItems({ readiness, image, setup }: InstallationHealth): SetupItem[] {
  const { mail, local, agentsDomain, dashboardUrl, backups } = setup;
  return [
    {
      title: t`Docker`,
      state: stateOf(readiness.engine),
      text: readiness.engine === 'ok' ? t`The Docker Engine answers.` : `${readiness.engine}.`,
    },
    {
      title: t`Image of the agents`,
      state: readiness.engine === 'ok' ? stateOf(readiness.image) : 'problem',
      text:
        readiness.engine !== 'ok'
          ? t`Not known while the Docker Engine does not answer.`
          : readiness.image === 'ok'
            ? t`${image} is here, or can be pulled.`
            : `${readiness.image}.`,
    },
    {
      title: t`Key of a model provider`,
      state: setup.sharedKeys + setup.accountKeys > 0 ? 'done' : 'optional',
      text: keysText(setup),
      link: { href: '/admin/model-keys', name: t`Shared model keys` },
    },
    {
      title: t`Mail`,
      state: mail ? 'done' : 'optional',
      text: mail
        ? t`A mail server is set: people can reset their passwords.`
        : t`No mail server is set (SMTP_URL). You hand out links to set a new password, under Users.`,
      ...(mail && { test: { part: 'mail' as const, action: t`Send me a test mail` } }),
    },
    {
      title: t`Domain`,
      state: local ? 'optional' : 'done',
      text: local
        ? t`The addresses ${dashboardUrl} and *.${agentsDomain} work on this machine only. For others, set AGENTS_DOMAIN and the URL of the dashboard.`
        : t`The dashboard is at ${dashboardUrl}, agents are below ${agentsDomain}.`,
      test: { part: 'domain', action: t`Test the agents’ domain` },
    },
    {
      title: t`Backup target`,
      state: backups.kind === 'bucket' ? 'done' : 'optional',
      text:
        backups.kind === 'bucket'
          ? t`Backups go to ${backups.address}.`
          : t`Backups are in ${backups.address} on this machine: a lost disk loses them too. Set BACKUP_S3_BUCKET for another place.`,
      test: { part: 'backups', action: t`Store a test file` },
    },
  ];
}
