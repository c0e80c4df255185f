import { redirect } from 'next/navigation';
import { currentUser } from '../server/session.ts';

export default async function Home() {
  redirect((await currentUser()) ? '/agents' : '/signin');
}
