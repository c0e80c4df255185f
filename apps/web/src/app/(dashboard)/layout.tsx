import { cookies } from 'next/headers';
import { redirect } from 'next/navigation';
import type { ReactNode } from 'react';
import { Session } from '../../features/account/session.tsx';
import { Shell } from '../../features/shell/shell.tsx';
import { THEME_COOKIE, themeFrom } from '../../features/shell/theme.ts';
import { withReturnPath } from '../../lib/session/return-path.ts';
import { readBackend } from '../../server/read-backend.ts';
import { requestedPath } from '../../server/requested-path.ts';
import { currentUser } from '../../server/session.ts';

export default async function DashboardLayout({ children }: { children: ReactNode }) {
  const user = await currentUser();
  if (!user) redirect(withReturnPath('/signin', await requestedPath()));
  const theme = themeFrom((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <Session me={await readBackend('getMe', user)}>
      <Shell email={user.email} theme={theme}>
        {children}
      </Shell>
    </Session>
  );
}
