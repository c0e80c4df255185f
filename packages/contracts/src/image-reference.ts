/**
 * An image's name as Docker writes it: `[registry[:port]/]path[:tag][@digest]`. Before a `/`, a point or a colon makes the first
 * part a registry; 64 hexadecimal digits are an image's id, and no name.
 * @see https://pkg.go.dev/github.com/distribution/reference
 */
export const imageReference =
  /^(?![0-9a-f]{64}$)(?:(?<registry>(?:localhost|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)+|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?=:\d))(?::\d{1,5})?)\/|(?![^/]*[.:][^/]*\/))(?<path>[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;
