import { t } from '@lingui/core/macro';

/** The display names of the channels. */
export const channelNames = { telegram: 'Telegram', discord: 'Discord', whatsapp: 'WhatsApp', slack: 'Slack' } as const;

const platformNames: Record<string, string> = { ...channelNames, api: 'API' };

/** The display name of the channel of a message or a conversation; undefined for this dashboard. */
export const channelOf = ({ platform }: { platform: string }): string | undefined =>
  platform === 'web' ? undefined : platform === 'cron' ? t`Schedule` : (platformNames[platform] ?? platform);
