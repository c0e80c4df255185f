/** The display names of the channels. */
export const channelNames = { telegram: 'Telegram', discord: 'Discord', whatsapp: 'WhatsApp' } as const;
