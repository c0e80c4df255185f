import { msg } from '@lingui/core/macro';
import { Name } from '../../../../../features/agent/name.tsx';
import { Character } from '../../../../../features/files/character.tsx';
import { pageTitle } from '../../../../../server/page-title.ts';

export const generateMetadata = pageTitle(msg`Character`);

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return (
    <div className="max-w-3xl space-y-4">
      <Name id={id} />
      <Character id={id} />
    </div>
  );
}
