/** Every page loads what this one imports: a plain link spares them Next's own a second time. */
export default function NotFound() {
  return (
    <main className="mx-auto max-w-md px-4 py-24 text-center">
      <h1 className="font-semibold text-2xl">Page not found</h1>
      <p className="mt-2 text-muted">The page or the agent you asked for does not exist.</p>
      <a className="mt-6 inline-block text-accent underline" href="/agents">
        Back to your agents
      </a>
    </main>
  );
}
