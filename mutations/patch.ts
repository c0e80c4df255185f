/** A small fault that a test must notice: one place of one file is replaced, and the named test file must then fail. */
export interface Patch {
  /** Unique; `pnpm mutate <id>` runs this one. */
  id: string;
  /** From the repository's root. */
  file: string;
  /** The text that is replaced; it stands in the file once. */
  find: string;
  replace: string;
  /** What the fault would do to a user. */
  harm: string;
  test: {
    /** The package whose tests are run. */
    package: string;
    /** The test file, from the package's folder. */
    file: string;
    /** Part of a test's name, where running the whole file takes long. */
    name?: string;
    /** The test starts containers, a browser or a build: `--quick` leaves it out. */
    slow?: true;
  };
}
