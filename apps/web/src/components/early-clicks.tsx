'use client';

import { useEffect } from 'react';
import { repeatEarlyClicks } from '../lib/early-clicks.ts';

/** Repeats clicks on buttons that came before React had hydrated the page. */
export function EarlyClicks() {
  useEffect(repeatEarlyClicks, []);
  return null;
}
