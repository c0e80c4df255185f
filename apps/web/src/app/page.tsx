import { redirect } from 'next/navigation';
import { isSignedIn } from '../server/is-signed-in.ts';

export default async function Home() {
  redirect((await isSignedIn()) ? '/agents' : '/signin');
}
