import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

/**
 * A stand-in for OpenClaw, for tests that need fifty gateways or a failing one. It is healthy on its port, accepts every
 * client, echoes messages, stores its conversation in the agent's data, and has the file SOUL.md. `STAND_IN` selects the failure.
 */

const data = '/home/node/.openclaw';
const sessions = `${data}/agents/main/sessions`;
// biome-ignore lint/style/noProcessEnv: the image sets it, and this is a separate program
const behaviour = process.env.STAND_IN;
// biome-ignore lint/style/noProcessEnv: this is a separate program
const TOKEN = process.env.OPENCLAW_GATEWAY_TOKEN;
const [, , command, action] = process.argv;

if (command === 'config' && action === 'validate') {
  const refused = behaviour === 'refuses';
  process.stdout.write(JSON.stringify(refused ? { valid: false, issues: [{ path: 'gateway', message: 'refused' }] } : { valid: true }));
  process.exit(refused ? 1 : 0);
}
if (command === 'plugins' && action === 'list') {
  const plugins = ['memory-core', 'telegram', 'discord', 'whatsapp'].map((id) => ({ id }));
  process.stdout.write(JSON.stringify({ plugins }));
  process.exit(0);
}
if (command === 'doctor') {
  // biome-ignore lint/style/noProcessEnv: this is a separate program
  appendFileSync(`${data}/doctor.log`, `${process.argv.slice(3).join(' ')} with the token ${process.env.TELEGRAM_BOT_TOKEN}\n`);
  if (behaviour === 'needs-doctor' || behaviour === 'asks-for-doctor') writeFileSync(`${data}/repaired`, '');
  // Doctor may change the configuration, and it also exits with 1 for warnings.
  writeFileSync(`${data}/openclaw.json`, '{}');
  process.exit(1);
}
if (behaviour === 'never-repaired' || (behaviour === 'needs-doctor' && !existsSync(`${data}/repaired`))) {
  process.stderr.write('gateway requires state migration\n');
  process.exit(78);
}
if (behaviour === 'asks-for-doctor' && !existsSync(`${data}/repaired`)) {
  const message = 'Legacy session store requires migration. Run "openclaw doctor --fix" before starting OpenClaw.';
  process.stderr.write(`${JSON.stringify({ level: 'error', message })}\n`);
  process.exit(1);
}
if (behaviour === 'corrupts') {
  for (const name of readdirSync(data)) rmSync(`${data}/${name}`, { recursive: true, force: true });
  process.exit(1);
}
if (behaviour === 'dies') process.exit(3);

mkdirSync(sessions, { recursive: true });
const http = createServer((_request, response) => {
  response.writeHead(behaviour === 'never-ready' ? 503 : 200, { 'content-type': 'application/json' }).end('{"ok":true}');
});
const transcript = `${sessions}/conversation.jsonl`;

function reportedConfig() {
  const config = JSON.parse(readFileSync(`${data}/openclaw.json`, 'utf8'));
  if (behaviour === 'other-model') config.agents.defaults.model.primary = 'openai/gpt-1';
  return config;
}

const soul = `${data}/workspace/SOUL.md`;
function soulFile() {
  const stat = statSync(soul, { throwIfNoEntry: false });
  if (!stat) return { name: 'SOUL.md', path: soul, missing: true };
  return { name: 'SOUL.md', path: soul, missing: false, size: stat.size, updatedAtMs: Math.floor(stat.mtimeMs) };
}
const workspace = { agentId: 'main', workspace: `${data}/workspace` };

/** The messages of every session. */
const messages = (): object[] =>
  existsSync(transcript)
    ? readFileSync(transcript, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : [];

interface Parameters {
  message?: string;
  content?: string;
  limit?: number;
  raw?: string;
  baseHash?: string;
}

/** Applies a JSON merge patch. @see https://www.rfc-editor.org/rfc/rfc7396#section-2 */
function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const merged: Record<string, unknown> = typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}
const configHash = () =>
  createHash('sha256')
    .update(readFileSync(`${data}/openclaw.json`))
    .digest('hex');

const answers: Record<string, (parameters: Parameters) => object> = {
  connect: () => ({ protocol: 3, features: { methods: behaviour === 'cannot-apply' ? [] : ['config.patch', 'config.apply'] } }),
  'config.patch': ({ raw = '' }) => {
    const file = JSON.parse(readFileSync(`${data}/openclaw.json`, 'utf8'));
    if (behaviour !== 'ignores-apply') writeFileSync(`${data}/openclaw.json`, JSON.stringify(mergePatch(file, JSON.parse(raw))));
    return { ok: true, sentinel: { payload: { stats: { requiresRestart: behaviour === 'restarts-to-apply' } } } };
  },
  'skills.status': () => ({ skills: [{ skillKey: 'weather', name: 'Weather', description: 'Tells it', disabled: false, eligible: true }] }),
  'skills.update': () => ({ ok: true }),
  'sessions.list': () => ({ sessions: [] }),
  'config.get': () => ({ config: reportedConfig(), parsed: reportedConfig(), hash: configHash() }),
  'agents.files.list': () => ({ ...workspace, files: [soulFile()] }),
  'agents.files.get': () => ({ ...workspace, file: { ...soulFile(), ...(existsSync(soul) && { content: readFileSync(soul, 'utf8') }) } }),
  'agents.files.set': ({ content = '' }) => {
    mkdirSync(`${data}/workspace`, { recursive: true });
    writeFileSync(soul, content);
    return { ok: true, ...workspace, file: { ...soulFile(), content } };
  },
  'cron.list': () => ({ jobs: [], total: 0, offset: 0, limit: 50, hasMore: false, nextOffset: null }),
  'chat.history': () => ({ messages: messages() }),
  'sessions.get': ({ limit = 200 }) => ({ messages: messages().slice(-limit) }),
};

new WebSocketServer({ server: http }).on('connection', (socket) => {
  const say = (frame: object) => socket.send(JSON.stringify(frame));
  say({ type: 'event', event: 'connect.challenge', payload: { nonce: 'n' } });
  socket.on('message', (text: Buffer) => {
    const { id, method, params } = JSON.parse(text.toString());
    if (method === 'connect' && behaviour === 'rejects-platform')
      // biome-ignore lint/style/noProcessEnv: this is a separate program
      return say({ type: 'res', id, ok: false, error: { message: `the token ${process.env.TELEGRAM_BOT_TOKEN} is wrong` } });
    if (method === 'config.patch' && (behaviour === 'refuses-apply' || params.baseHash !== configHash()))
      return say({ type: 'res', id, ok: false, error: { code: 'INVALID_REQUEST', message: `invalid config: ${TOKEN} is no model` } });
    if (method !== 'chat.send') return say({ type: 'res', id, ok: true, payload: answers[method]?.(params) ?? {} });
    const reply = [{ type: 'text', text: `You said: ${params.message}` }];
    const turn = [
      { role: 'user', content: params.message },
      { role: 'assistant', content: reply },
    ];
    for (const each of turn) appendFileSync(transcript, `${JSON.stringify({ ...each, timestamp: Date.now() })}\n`);
    say({ type: 'res', id, ok: true, payload: { runId: params.idempotencyKey, status: 'started' } });
    say({ type: 'event', event: 'chat', payload: { runId: params.idempotencyKey, state: 'final', message: { content: reply } } });
  });
});
http.listen(18_789);
process.on('SIGTERM', () => process.exit(0));
