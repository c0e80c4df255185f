import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { i18n as activeTexts, setupI18n } from '@lingui/core';
import { msg } from '@lingui/core/macro';
import { I18nProvider } from '@lingui/react';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
import { compileText } from './compile-text.ts';
import { locale, say } from './texts.ts';

const greeting = msg`Welcome back`;

/** A server has no active language. */
beforeEach(() => activeTexts.loadAndActivate({ locale: '', messages: {} }));
afterEach(() => activeTexts.loadAndActivate({ locale: 'en', messages: {} }));

/** Renders a helper's text, as a server renders a page. */
function render(language: string, messages: Record<string, string[]>): string {
  const texts = setupI18n({ locale: language, messages: { [language]: messages } }).setMessagesCompiler(compileText);
  const Page = () => `${locale()}: ${say(greeting)}`;
  return renderToString(createElement(I18nProvider, { i18n: texts }, createElement(Page)));
}

test('on a server, the text of a helper is in the language of the page that it is rendered for', () => {
  expect(render('de', { [greeting.id]: ['Willkommen zurück'] })).toBe('de: Willkommen zurück');
  expect(render('zh', { [greeting.id]: ['欢迎回来'] })).toBe('zh: 欢迎回来');
  expect(render('en', {})).toBe('en: Welcome back');
});

test('on a server, a text outside of a page fails, instead of being in the language of another reader', () => {
  render('de', { [greeting.id]: ['Willkommen zurück'] });
  // React's advice for developers.
  const advice = jest.spyOn(console, 'error').mockReturnValue();
  expect(() => say(greeting)).toThrow();
  advice.mockRestore();
});

test('in a browser, a text is in the active language, also outside of a page', () => {
  activeTexts.loadAndActivate({ locale: 'de', messages: { [greeting.id]: ['Willkommen zurück'] } });
  expect([locale(), say(greeting)]).toEqual(['de', 'Willkommen zurück']);
});
