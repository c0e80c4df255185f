import { i18n } from '@lingui/core';
import { compileText } from '../src/lib/language/compile-text.ts';

// The tests read the English texts, as a browser that has activated its language.
i18n.setMessagesCompiler(compileText).loadAndActivate({ locale: 'en', messages: {} });
