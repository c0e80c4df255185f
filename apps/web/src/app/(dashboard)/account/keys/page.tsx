import { msg } from '@lingui/core/macro';
import { config } from '../../../../config.ts';
import { ApiKeys } from '../../../../features/account/api-keys.tsx';
import { pageTitle } from '../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`API keys`);

export default function Page() {
  const { PUBLIC_API_URL, BACKEND_URL } = config();
  return <ApiKeys backendUrl={PUBLIC_API_URL ?? BACKEND_URL} />;
}
