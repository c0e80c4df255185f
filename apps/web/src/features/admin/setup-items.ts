import type { InstallationHealth, SetupPart } from '@agentbot/contracts';

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
  if (sharedKeys > 0) return `${sharedKeys} shared ${sharedKeys === 1 ? 'key' : 'keys'}: agents without a key of their own use them.`;
  if (accountKeys > 0) return 'Accounts have saved keys of their own. No key is shared with everybody.';
  return 'No key is saved. Without one, each agent needs its own key when it is created. A key is tested when you save it.';
}

/** The checklist of an installation, in the order in which an operator sets it up. */
export function setupItems({ readiness, image, setup }: InstallationHealth): SetupItem[] {
  const { mail, local, agentsDomain, dashboardUrl, backups } = setup;
  return [
    {
      title: 'Docker',
      state: stateOf(readiness.engine),
      text: readiness.engine === 'ok' ? 'The Docker Engine answers.' : `${readiness.engine}.`,
    },
    {
      title: 'Image of the agents',
      state: readiness.engine === 'ok' ? stateOf(readiness.image) : 'problem',
      text:
        readiness.engine !== 'ok'
          ? 'Not known while the Docker Engine does not answer.'
          : readiness.image === 'ok'
            ? `${image} is here, or can be pulled.`
            : `${readiness.image}.`,
    },
    {
      title: 'Key of a model provider',
      state: setup.sharedKeys + setup.accountKeys > 0 ? 'done' : 'optional',
      text: keysText(setup),
      link: { href: '/admin/model-keys', name: 'Shared model keys' },
    },
    {
      title: 'Mail',
      state: mail ? 'done' : 'optional',
      text: mail
        ? 'A mail server is set: people can reset their passwords.'
        : 'No mail server is set (SMTP_URL). You hand out links to set a new password, under Users.',
      ...(mail && { test: { part: 'mail' as const, action: 'Send me a test mail' } }),
    },
    {
      title: 'Domain',
      state: local ? 'optional' : 'done',
      text: local
        ? `The addresses ${dashboardUrl} and *.${agentsDomain} work on this machine only. For others, set AGENTS_DOMAIN and the URL of the dashboard.`
        : `The dashboard is at ${dashboardUrl}, agents are below ${agentsDomain}.`,
      test: { part: 'domain', action: 'Test the agents’ domain' },
    },
    {
      title: 'Backup target',
      state: backups.kind === 'bucket' ? 'done' : 'optional',
      text:
        backups.kind === 'bucket'
          ? `Backups go to ${backups.address}.`
          : `Backups are in ${backups.address} on this machine: a lost disk loses them too. Set BACKUP_S3_BUCKET for another place.`,
      test: { part: 'backups', action: 'Store a test file' },
    },
  ];
}
