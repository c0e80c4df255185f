import { inOrder } from '@agentbot/config/sweep';

/** Files of which a whole run plays a sixth, with their seconds on two cores. Every run plays the others, `main-line` among them. */
const IN_TURN = {
  chat: 312,
  'agent-sections': 293,
  usage: 289,
  dashboard: 183,
  'web-conformance': 177,
  'agent-actions': 176,
  languages: 175,
  'web-outages': 144,
  accounts: 130,
  'page-policy': 70,
  'web-streams': 64,
  live: 61,
  passkeys: 60,
  'model-keys': 51,
};

/** Jest's choice and order of the test files. Jest loads it as JavaScript. */
export default class LongestFirst {
  sort(tests) {
    return inOrder(tests, IN_TURN, 6);
  }

  cacheResults() {}
}
