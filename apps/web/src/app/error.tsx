'use client';

import { buttonStyle } from '../components/ui/button-style.ts';

export default function ErrorPage() {
  return (
    <main className="mx-auto max-w-md px-4 py-24 text-center">
      <h1 className="font-semibold text-2xl">This page could not be shown</h1>
      <p className="mt-2 mb-6 text-muted">Something went wrong on our side. Your agents keep running.</p>
      {/* A reload, because rendering again from the same data would fail again. */}
      <button type="button" className={buttonStyle()} onClick={() => location.reload()}>
        Try again
      </button>
    </main>
  );
}
