'use client';

import { useEffect, useState } from 'react';
import { controlStyle } from '../../components/ui/field.tsx';

const DEBOUNCE_MS = 250;

/** A search field that reports its text when the user stops typing. */
export function SearchBox({ label, onSearch }: { label: string; onSearch: (text: string) => void }) {
  const [text, setText] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => onSearch(text.trim()), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [text, onSearch]);
  return (
    <input
      type="search"
      aria-label={label}
      placeholder={label}
      className={`${controlStyle} min-w-48 flex-1`}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}
