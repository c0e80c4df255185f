import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

/**
 * A stand-in for OpenClaw, for tests that need fifty gateways or a failing one. It is healthy on its port, accepts every
 * client, echoes messages, and stores its conversation in the agent's data. `STAND_IN` selects the failure.
 */

const data = '/home/node/.openclaw';
const sessions = `${data}/agents/main/sessions`;
// biome-ignore lint/style/noProcessEnv: the image sets it, and this is a separate program
const behaviour = process.env.STAND_IN;
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

const answers: Record<string, (parameters: { message?: string }) => object> = {
  connect: () => ({ protocol: 3 }),
  'sessions.list': () => ({ sessions: [] }),
  'chat.history': () => ({
    messages: existsSync(transcript)
      ? readFileSync(transcript, 'utf8')
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line))
      : [],
  }),
};

new WebSocketServer({ server: http }).on('connection', (socket) => {
  const say = (frame: object) => socket.send(JSON.stringify(frame));
  say({ type: 'event', event: 'connect.challenge', payload: { nonce: 'n' } });
  socket.on('message', (text: Buffer) => {
    const { id, method, params } = JSON.parse(text.toString());
    if (method === 'connect' && behaviour === 'rejects-platform')
      // biome-ignore lint/style/noProcessEnv: this is a separate program
      return say({ type: 'res', id, ok: false, error: { message: `the token ${process.env.TELEGRAM_BOT_TOKEN} is wrong` } });
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
