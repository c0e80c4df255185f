import { Trans } from '@lingui/react/macro';
import { Download } from 'lucide-react';
import { buttonStyle } from '../../components/ui/button-style.ts';
import { urlOf } from '../../lib/api/client.ts';

/** A link to the calls of the last `days` days as a CSV file: those of an agent, or of all agents. */
export function DownloadCsv({ days, agentId }: { days: number; agentId?: string }) {
  const query = new URLSearchParams({ days: String(days), ...(agentId && { agentId }) });
  return (
    <a className={buttonStyle({ kind: 'plain' })} href={`${urlOf('exportUsage')}?${query}`} download>
      <Download aria-hidden className="size-4" /> <Trans>Download CSV</Trans>
    </a>
  );
}
