import '@fontsource-variable/geist';
import './globals.css';
import { addressesOf } from '@agentbot/contracts/addresses';
import type { Metadata } from 'next';
import { cookies } from 'next/headers';
import type { ReactNode } from 'react';
import { THEME_COOKIE, themeFrom } from '../features/shell/theme.ts';
import { Addresses } from './api-addresses.tsx';

const addresses = addressesOf('web');

export const metadata: Metadata = {
  title: { default: 'Agentbot', template: '%s · Agentbot' },
  description: 'Your AI agents, each in a container of its own',
};

export default async function RootLayout({ children }: { children: ReactNode }) {
  // Said by the server, so that no page flashes in the other theme first. Reading it makes every page for its request, as
  // the nonce of its policy needs.
  const theme = themeFrom((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <html lang="en" data-theme={theme}>
      <body className="min-h-dvh antialiased">
        <Addresses table={addresses}>{children}</Addresses>
      </body>
    </html>
  );
}
