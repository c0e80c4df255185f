'use client';

import { useEffect, useState } from 'react';
import { controlStyle, Input } from './field.tsx';

const DEBOUNCE_MS = 250;

interface Props {
  label: string;
  onSearch: (text: string) => void;
  maxLength?: number;
  /** Its size in the layout. */
  className?: string;
}

/** A search field that reports its text when the user stops typing. */
export function SearchBox({ label, onSearch, maxLength, className = 'min-w-48 flex-1' }: Props) {
  const [text, setText] = useState('');
  useEffect(() => {
    const timer = setTimeout(() => onSearch(text.trim()), DEBOUNCE_MS);
    return () => clearTimeout(timer);
  }, [text, onSearch]);
  return (
    <Input
      type="search"
      aria-label={label}
      placeholder={label}
      maxLength={maxLength}
      className={`${controlStyle} ${className}`}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}
