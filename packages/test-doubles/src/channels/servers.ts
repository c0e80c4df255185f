import { readFileSync } from 'node:fs';
import { createServer as createControl } from 'node:http';
import { createServer } from 'node:https';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';
import { createTelegram } from './telegram.ts';
import { welcomeDevice } from './whats-app.ts';

/** Runs in a container: Telegram and WhatsApp listen on port 443, the control API of the tests on 8080. */

const telegram = createTelegram();
const here = import.meta.dirname;
const tls = createServer(
  { key: readFileSync(join(here, 'key.pem')), cert: readFileSync(join(here, 'certificate.pem')) },
  (request, response) => telegram.answer(request, response),
);
new WebSocketServer({ server: tls }).on('connection', (socket) => welcomeDevice(socket, 'reference-of-the-double-'));
tls.listen(443);

createControl(async (request, response) => {
  if (request.method === 'POST') {
    let text = '';
    for await (const chunk of request.setEncoding('utf8')) text += chunk;
    telegram.write(JSON.parse(text));
  }
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(telegram.calls));
}).listen(8080);
