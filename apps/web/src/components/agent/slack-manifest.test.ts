import { expect, test } from '@jest/globals';
import { slackManifest } from './slack-manifest.ts';

/** The permission that Slack demands for each event. @see https://docs.slack.dev/reference/events */
const scopeOfEvent: Record<string, string> = {
  app_mention: 'app_mentions:read',
  'message.channels': 'channels:history',
  'message.groups': 'groups:history',
  'message.im': 'im:history',
  'message.mpim': 'mpim:history',
  reaction_added: 'reactions:read',
  reaction_removed: 'reactions:read',
  member_joined_channel: 'channels:read',
  member_left_channel: 'channels:read',
  channel_rename: 'channels:read',
  pin_added: 'pins:read',
  pin_removed: 'pins:read',
};

test('slackManifest subscribes to messages and mentions, and asks for the permission of each event', () => {
  const { oauth_config: oauth, settings } = JSON.parse(slackManifest('Ada'));
  const events: string[] = settings.event_subscriptions.bot_events;
  expect(events).toEqual(expect.arrayContaining(['app_mention', 'message.channels', 'message.groups', 'message.im']));
  for (const event of events) expect(oauth.scopes.bot).toContain(scopeOfEvent[event]);
  // To answer, to open a private channel, and to know who wrote.
  expect(oauth.scopes.bot).toEqual(expect.arrayContaining(['chat:write', 'im:write', 'users:read']));
});

test('slackManifest uses Socket Mode, lets people write to the app, and names it as the agent', () => {
  const { display_information: display, features, settings } = JSON.parse(slackManifest('Ada'));
  expect(settings.socket_mode_enabled).toBe(true);
  expect(features.app_home).toEqual({ messages_tab_enabled: true, messages_tab_read_only_enabled: false });
  expect([display.name, features.bot_user.display_name]).toEqual(['Ada', 'Ada']);
});

test('slackManifest keeps within the 35 characters of a name, and has a name when the agent has none', () => {
  expect(JSON.parse(slackManifest('x'.repeat(100))).display_information.name).toBe('x'.repeat(35));
  expect(JSON.parse(slackManifest(' ')).display_information.name).toBe('Agent');
});
