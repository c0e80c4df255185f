export const THEME_COOKIE = 'theme';

/** `undefined` follows the system. */
export type Theme = 'light' | 'dark' | undefined;

/** Parses a theme; any other value follows the system. */
export const themeFrom = (value: string | undefined): Theme => (value === 'light' || value === 'dark' ? value : undefined);

/** Applies a theme to the page and stores it in a cookie for one year. */
export function setTheme(theme: Theme): void {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs HTTPS, which development does not have
  document.cookie = `${THEME_COOKIE}=${theme ?? ''}; path=/; samesite=lax; max-age=${theme ? 31_536_000 : 0}`;
}
