import { msg } from '@lingui/core/macro';
import { Backups } from '../../../../../features/backups/backups.tsx';
import { pageTitle } from '../../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Backups`);

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <Backups id={(await params).id} />;
}
