import { openApiDocument } from '@agentbot/contracts/openapi';
import express, { type Express } from 'express';
// The package's index would load the code of the whole page into this process.
import absolutePath from 'swagger-ui-dist/absolute-path.js';

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Agentbot API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="reference"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;
const start = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#reference', deepLinking: true });\n`;

/** Serves the OpenAPI document at `/openapi.json` and a page to browse it at `/docs`. */
export function mountReference(app: Express): void {
  const document = openApiDocument('backend');
  app.get('/openapi.json', (_request, response) => {
    response.json(document);
  });
  app.get('/docs', (_request, response) => {
    response.type('html').send(page);
  });
  app.get('/docs/start.js', (_request, response) => {
    response.type('js').send(start);
  });
  app.use('/docs', express.static(absolutePath(), { index: false, maxAge: '1d' }));
}
