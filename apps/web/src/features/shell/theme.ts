export const THEME_COOKIE = 'theme';

/** `undefined` is what the system says. */
export type Theme = 'light' | 'dark' | undefined;

/** The theme that a cookie or a menu names. */
export const themeFrom = (value: string | undefined): Theme => (value === 'light' || value === 'dark' ? value : undefined);

/** Puts a theme on the page at once, and into a cookie for a year. */
export function setTheme(theme: Theme): void {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API needs https, which development has not
  document.cookie = `${THEME_COOKIE}=${theme ?? ''}; path=/; samesite=lax; max-age=${theme ? 31_536_000 : 0}`;
}
