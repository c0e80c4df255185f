import { useAgentChanges } from './use-agent-changes.ts';

const ignore = () => undefined;

/** Keeps the account live on a page without a stream of its own. @param enabled false opens no stream */
export function useAccountChanges(enabled: boolean): void {
  useAgentChanges(ignore, { enabled });
}
