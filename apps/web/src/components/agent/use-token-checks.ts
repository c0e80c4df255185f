import { useCallback, useRef, useState } from 'react';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';

interface Checked {
  token: string;
  busy?: boolean;
  account?: string;
  problem?: string;
}
type Channel = 'telegram' | 'discord';

/** Checks bot tokens at their channels. Concurrent and repeated checks of one token share one request. */
export function useTokenChecks() {
  const [checked, setChecked] = useState<Partial<Record<Channel, Checked>>>({});
  const asked = useRef(new Map<string, Promise<boolean>>());

  /** @returns whether the channel accepts the token */
  const check = useCallback((channel: Channel, token: string): Promise<boolean> => {
    const key = `${channel} ${token}`;
    const before = asked.current.get(key);
    if (before) return before;
    setChecked((all) => ({ ...all, [channel]: { token, busy: true } }));
    const answer = api('checkChannelToken', { body: { channel, token } }).then(
      ({ account }) => {
        setChecked((all) => ({ ...all, [channel]: { token, account } }));
        return true;
      },
      (error) => {
        // A failed check can be repeated: the channel may have been unavailable.
        asked.current.delete(key);
        setChecked((all) => ({ ...all, [channel]: { token, problem: errorMessage(error) } }));
        return false;
      },
    );
    asked.current.set(key, answer);
    return answer;
  }, []);

  const of = (channel: Channel, token: string): Omit<Checked, 'token'> => {
    const known = checked[channel];
    return known?.token === token ? known : {};
  };
  return { check, of };
}

export type TokenChecks = ReturnType<typeof useTokenChecks>;
