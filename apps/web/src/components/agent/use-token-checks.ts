import { useCallback, useRef, useState } from 'react';
import { api } from '../../lib/api/client.ts';
import { errorMessage } from '../../lib/api/errors.ts';

interface Checked {
  token: string;
  busy?: boolean;
  account?: string;
  problem?: string;
}
/** Whose API checks a token; Slack checks each of its two tokens. */
export type CheckedChannel = 'telegram' | 'discord' | 'slack' | 'slack-app';

/** Checks bot tokens at their channels. Concurrent and repeated checks of one token share one request. */
export function useTokenChecks() {
  const [checked, setChecked] = useState<Partial<Record<CheckedChannel, Checked>>>({});
  const asked = useRef(new Map<string, Promise<boolean>>());

  /** @returns whether the channel accepts the token */
  const check = useCallback((channel: CheckedChannel, token: string): Promise<boolean> => {
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

  const of = (channel: CheckedChannel, token: string): Omit<Checked, 'token'> => {
    const known = checked[channel];
    return known?.token === token ? known : {};
  };
  return { check, of };
}

export type TokenChecks = ReturnType<typeof useTokenChecks>;
