/** The options of `@lingui/swc-plugin`. A text stays in the code in English, because readers of English load no catalogue. */
export const textsPlugin = { descriptorFields: 'message', runtimeModules: { i18n: ['#texts', 'i18n'] } };
