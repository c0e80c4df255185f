'use client';

import { useEffect, useState } from 'react';
import { controlStyle } from '../../components/ui/field.tsx';

const PAUSE_MS = 250;

/** Words to look for, told when one pauses typing. */
export function SearchBox({ label, onSearch }: { label: string; onSearch: (words: string) => void }) {
  const [text, setText] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => onSearch(text.trim()), PAUSE_MS);
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
