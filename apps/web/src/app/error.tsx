'use client';

import { Trans } from '@lingui/react/macro';
import { buttonStyle } from '../components/ui/button-style.ts';

export default function ErrorPage() {
  return (
    <main className="mx-auto max-w-md px-4 py-24 text-center">
      <h1 className="font-semibold text-2xl">
        <Trans>This page could not be shown</Trans>
      </h1>
      <p className="mt-2 mb-6 text-muted">
        <Trans>Something went wrong on our side. Your agents keep running.</Trans>
      </p>
      {/* A reload, because rendering again from the same data would fail again. */}
      <button type="button" className={buttonStyle()} onClick={() => location.reload()}>
        <Trans>Try again</Trans>
      </button>
    </main>
  );
}
