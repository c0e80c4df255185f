import { msg } from '@lingui/core/macro';
import { DangerZone } from '../../../../../features/agent/danger-zone.tsx';
import { pageTitle } from '../../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Danger zone`);

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  return <DangerZone id={(await params).id} />;
}
