import { inOrder } from '@agentbot/config/sweep';

/** Long files that every whole run plays, with their seconds on two cores. */
const ALWAYS = { lifecycle: 224, conformance: 159, 'seed-walk': 89, sessions: 44 };

/** Long files of which a whole run plays a sixth, with their seconds on two cores. */
const IN_TURN = {
  'engine-away': 415,
  crash: 375,
  'newer-version': 338,
  durability: 221,
  turns: 214,
  disk: 195,
  'become-ready': 189,
  'apply-config': 185,
  'warm-start': 163,
  backups: 158,
  'model-key-rollback': 156,
  'clone-crash': 150,
  'model-containers': 150,
  'hostile-input': 148,
  'chat-streams': 144,
  'model-gateway-docker': 143,
  interaction: 128,
  'engine-setups': 120,
  'demo-model-docker': 117,
  'installation-backup': 115,
  'turns-docker': 114,
  channels: 113,
  'without-docker': 110,
  containment: 105,
  logs: 94,
  verification: 88,
  'message-images-docker': 88,
  'stream-rights': 78,
  'rotate-keys': 68,
  adoption: 68,
  stats: 67,
  'docker-host': 64,
  'engine-proxy': 63,
  uncaught: 63,
  canary: 62,
  slack: 63,
  lapse: 61,
  'machine-clients': 60,
  'openclaw-config': 58,
  images: 53,
  gateway: 51,
  schedules: 48,
  'http-limits': 48,
  clone: 44,
  'access-matrix': 44,
  setup: 44,
  'renamed-container': 43,
  audit: 43,
  'conversations-docker': 40,
};

/** `pnpm swarm`, a suite of its own: it needs the processors for two more engines. */
const isSwarm = ({ path }) => /\/swarm[^/]*\.test\.ts$/.test(path);

/** Jest's choice and order of the test files. Jest loads it as JavaScript. */
export default class LongestFirst {
  sort(tests) {
    const suite = tests.every(isSwarm) ? tests : tests.filter((test) => !isSwarm(test));
    return inOrder(suite, IN_TURN, 6, ALWAYS);
  }

  cacheResults() {}
}
