import type { MessageDescriptor } from '@lingui/core';
import type { Metadata } from 'next';
import { requestTexts } from './language.ts';

/** A page's `generateMetadata`: its title in the reader's language. */
export const pageTitle = (title: MessageDescriptor) => async (): Promise<Metadata> => ({ title: (await requestTexts())._(title) });
