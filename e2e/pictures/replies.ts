export const QUESTION = 'Compare gzip and Brotli for our web app, and show me how to measure both.';

/** What the scripted model replies, by the message. */
export const replies: Record<string, string> = {
  [QUESTION]: `Both shrink text well. Brotli is smaller, gzip is quicker to make. Here is how they compare:

| | gzip | Brotli |
| --- | --- | --- |
| JavaScript and CSS | a quarter of its size | 15 to 20 % less than gzip |
| At its highest level | fast enough for every response | slow: compress once, at build time |
| Browsers | all | all current ones, over HTTPS |

To measure what your users download:

\`\`\`sh
for e in gzip br; do
  curl -sH "Accept-Encoding: $e" "$url" | wc -c
done
\`\`\``,
  'What is in this week’s release?': 'Three fixes and one feature: files can be attached to a message. The draft is ready for your review.',
  'Anything urgent in the inbox?': 'One mail: the certificate of the shop expires on Friday. Everything else can wait.',
};
