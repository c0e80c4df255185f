import { t } from '@lingui/core/macro';
import { requestTexts } from '../server/language.ts';

/** Every page loads what this one imports: a plain link spares them Next's own a second time. */
export default async function NotFound() {
  const texts = await requestTexts();
  return (
    <main className="mx-auto max-w-md px-4 py-24 text-center">
      <h1 className="font-semibold text-2xl">{t(texts)`Page not found`}</h1>
      <p className="mt-2 text-muted">{t(texts)`The page or the agent you asked for does not exist.`}</p>
      <a className="mt-6 inline-block text-accent underline" href="/agents">
        {t(texts)`Back to your agents`}
      </a>
    </main>
  );
}
