import { expect, test } from '@jest/globals';
import { baseUrlProblem } from './base-url.ts';

test.each([
  'https://models.example/v1',
  'http://127.0.0.1:11434/v1',
  'HTTPS://MODELS.EXAMPLE/V1/',
  'https://models.example/@me/v1',
  'https://models.example/a:b@c/v1',
  'https://models.example/chat/completions/v1',
  'https://messages.example',
  'https://models.example/my-messages',
])('baseUrlProblem accepts %s', (text) => {
  expect(baseUrlProblem(text)).toBeUndefined();
});

test.each(['', 'models.example/v1', 'ftp://models.example', 'xhttp://models.example', 'httpsx://models.example', 'file:///etc/passwd'])(
  'baseUrlProblem refuses %j, which is no address of a web server',
  (text) => {
    expect(baseUrlProblem(text)).toBe('must be an http or https address');
  },
);

test.each([
  'https://u:p@models.example',
  'https://u@models.example',
  'https://:p@models.example',
  'https:/u:p@models.example',
  'https:\\\\u:p@models.example',
  ' https://@models.example',
  'https://@models.example',
  'https://:@models.example',
  '\u0001https://u:p@models.example',
  'ht\ntps://u@models.example',
])('baseUrlProblem finds the credentials in %j', (text) => {
  expect(baseUrlProblem(text)).toBe('must not contain a user name or password: give the key as apiKey');
});

test.each(['https://models.example/v1?key=1', 'https://models.example/v1?', 'https://models.example/v1#a', 'https://models.example/#'])(
  'baseUrlProblem refuses the query or fragment of %s',
  (text) => {
    expect(baseUrlProblem(text)).toBe('must not have a query or a fragment: leave out what follows ? or #');
  },
);

test('baseUrlProblem refuses a reference to a variable', () => {
  expect(baseUrlProblem('https://models.example/${HOME}/v1')).toBe(
    'must not contain ${: OpenClaw would put a variable of its environment there',
  );
});

// The endpoints that clients of OpenAI's, Anthropic's and OpenAI's newer API append by themselves.
test.each(['chat/completions', 'completions', 'messages', 'responses', 'embeddings'])('baseUrlProblem refuses the endpoint /%s', (path) => {
  const sentence = `must stop before /${path}, which is appended to it: give an address like https://models.example.com/v1`;
  expect(baseUrlProblem(`https://models.example/v1/${path}`)).toBe(sentence);
  expect(baseUrlProblem(`https://models.example/v1/${path.toUpperCase()}//`)).toBe(sentence);
});
