import '@fontsource-variable/geist';
import './globals.css';
import { addressesOf } from '@agentbot/contracts/addresses';
import { t } from '@lingui/core/macro';
import type { Metadata } from 'next';
import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { preload } from 'react-dom';
import { EarlyClicks } from '../components/early-clicks.tsx';
import { THEME_COOKIE, themeFrom } from '../features/shell/theme.ts';
import { earlyClicksScript } from '../lib/early-clicks.ts';
import { languageTags } from '../lib/language/languages.ts';
import { requestLanguage, requestTexts } from '../server/language.ts';
import { pageNonce } from '../server/page-nonce.ts';
import { ApiAddresses } from './api-addresses.tsx';
import { LanguageProvider } from './language-provider.tsx';

const addresses = addressesOf('web');

/** The file of the font that almost every text needs. The style sheet names it too, but the browser reads that later. */
const font = new URL('@fontsource-variable/geist/files/geist-latin-wght-normal.woff2', import.meta.url).toString();

export async function generateMetadata(): Promise<Metadata> {
  const texts = await requestTexts();
  return { title: { default: 'Agentbot', template: '%s · Agentbot' }, description: t(texts)`Your AI agents, each in its own container` };
}

export default async function RootLayout({ children }: { children: ReactNode }) {
  // The server sets the theme, so that no page flashes in the other theme. Reading the cookie also makes every page
  // dynamic, which the nonce of its Content-Security-Policy needs.
  const theme = themeFrom((await cookies()).get(THEME_COOKIE)?.value);
  const language = await requestLanguage();
  preload(font, { as: 'font', type: 'font/woff2', crossOrigin: 'anonymous' });
  return (
    <html lang={languageTags[language]} data-theme={theme}>
      <body className="min-h-dvh antialiased">
        {/* The browser hides the nonce from scripts, also from React's comparison. */}
        <script nonce={await pageNonce()} suppressHydrationWarning dangerouslySetInnerHTML={{ __html: earlyClicksScript }} />
        <EarlyClicks />
        <LanguageProvider language={language}>
          <ApiAddresses table={addresses}>{children}</ApiAddresses>
        </LanguageProvider>
      </body>
    </html>
  );
}
