/**
 * The name of a Docker image: `[registry[:port]/]path[:tag][@digest]`. The first part is a registry if it contains a dot or a
 * colon before a `/`; 64 hexadecimal digits are an image's id, not a name.
 * @see https://pkg.go.dev/github.com/distribution/reference
 */
export const imageReference =
  /^(?![0-9a-f]{64}$)(?:(?<registry>(?:localhost|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)+|[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?(?=:\d))(?::\d{1,5})?)\/|(?![^/]*[.:][^/]*\/))(?<path>[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;
