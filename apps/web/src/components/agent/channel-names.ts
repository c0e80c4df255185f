/** The channels as people call them. */
export const channelNames = { telegram: 'Telegram', discord: 'Discord', whatsapp: 'WhatsApp' } as const;
