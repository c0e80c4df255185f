/** Prints one plain line per package at the end of a run, for people and machines: `<package>: N passed, M failed`. */
export default class ClosingLineReporter {
  #name;
  constructor(_globalConfig, options) {
    this.#name = options.name;
  }
  onRunComplete(_contexts, results) {
    // A test file that does not run counts as failed: otherwise a broken import would pass.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = results.numPendingTests + results.numTodoTests;
    process.stdout.write(`\n${this.#name}: ${results.numPassedTests} passed, ${failed} failed${skipped ? `, ${skipped} skipped` : ''}\n`);
  }
}
