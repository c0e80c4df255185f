/** The environment that the build reads, and passes on to the programs it runs. */
export const env = process.env;
