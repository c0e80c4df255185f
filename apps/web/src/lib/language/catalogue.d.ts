/** A translator's file, compiled by `scripts/catalogue-loader.mjs`. */
declare module '*.po' {
  const messages: import('@lingui/core').Messages;
  export default messages;
}
