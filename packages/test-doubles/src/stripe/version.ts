/** The version of Stripe's API that this double speaks: the version of the official client in use. */
export const API_VERSION = '2026-10-28.endive';
