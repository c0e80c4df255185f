import type { Metadata } from 'next';
import { Name } from '../../../../../features/agent/name.tsx';
import { Character } from '../../../../../features/files/character.tsx';

export const metadata: Metadata = { title: 'Character' };

export default async function Page({ params }: { params: Promise<{ id: string }> }) {
  const { id } = await params;
  return (
    <div className="max-w-3xl space-y-4">
      <Name id={id} />
      <Character id={id} />
    </div>
  );
}
