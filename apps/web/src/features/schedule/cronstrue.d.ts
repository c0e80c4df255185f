// Each registers its words with cronstrue.
declare module 'cronstrue/locales/de.js';
declare module 'cronstrue/locales/zh_CN.js';
