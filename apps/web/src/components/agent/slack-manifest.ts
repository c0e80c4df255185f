/** Slack's limit for the name of an app and of its bot. */
const MAX_NAME = 35;

/**
 * The manifest from which Slack creates an app for Socket Mode: the events and the permissions that OpenClaw uses.
 * @see https://docs.slack.dev/reference/app-manifest
 */
export function slackManifest(agentName: string): string {
  const name = agentName.trim().slice(0, MAX_NAME) || 'Agent';
  const manifest = {
    display_information: { name, description: 'An AI agent' },
    features: {
      bot_user: { display_name: name, always_online: false },
      app_home: { messages_tab_enabled: true, messages_tab_read_only_enabled: false },
    },
    oauth_config: {
      scopes: {
        bot: [
          ...['app_mentions:read', 'assistant:write', 'chat:write', 'emoji:read', 'files:read', 'files:write', 'users:read'],
          ...['channels:history', 'channels:read', 'groups:history', 'groups:read'],
          ...['im:history', 'im:read', 'im:write', 'mpim:history', 'mpim:read', 'mpim:write'],
          ...['pins:read', 'pins:write', 'reactions:read', 'reactions:write'],
        ],
      },
    },
    settings: {
      socket_mode_enabled: true,
      event_subscriptions: {
        bot_events: [
          ...['app_mention', 'message.channels', 'message.groups', 'message.im', 'message.mpim'],
          ...['reaction_added', 'reaction_removed', 'member_joined_channel', 'member_left_channel', 'channel_rename'],
          ...['pin_added', 'pin_removed'],
        ],
      },
    },
  };
  return JSON.stringify(manifest, null, 2);
}
