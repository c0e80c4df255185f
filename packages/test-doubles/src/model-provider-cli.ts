import { parseArgs } from 'node:util';
import { startModelProvider } from './model-provider.ts';

const usage = `Usage: node packages/test-doubles/src/model-provider-cli.ts [--port 9911] [--host 0.0.0.0] [--api-key <key>] [--word-delay <ms>]

A model that echoes each message, to try the product without a provider's key.`;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '9911' },
    host: { type: 'string', default: '0.0.0.0' },
    'api-key': { type: 'string' },
    'word-delay': { type: 'string', default: '50' },
    help: { type: 'boolean' },
  },
});

if (values.help) console.log(usage);
else {
  const provider = await startModelProvider({ host: values.host, port: Number(values.port), apiKey: values['api-key'] });
  provider.setBehaviour({ wordDelayMs: Number(values['word-delay']) });
  console.log(`The model provider listens on ${values.host}:${provider.port}; its base URL is ${provider.baseUrl}`);
  console.log(`From an agent's container: http://host.docker.internal:${provider.port}/v1`);
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => provider.close());
}
