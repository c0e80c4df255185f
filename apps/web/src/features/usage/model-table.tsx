import type { UsageReport } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { Hint } from '../../components/ui/notice.tsx';
import { Table } from '../../components/ui/table.tsx';
import { UsageCells, usageColumns } from './usage-cells.tsx';

interface Props {
  models: UsageReport['models'];
  /** What the owner can do about a model without a price. */
  advice: string;
}

/** The calls of each model. */
export function ModelTable({ models, advice }: Props) {
  const unpriced = models.filter(({ unpricedRequests }) => unpricedRequests > 0);
  return (
    <section className="space-y-3">
      <h2 className="font-semibold">
        <Trans>By model</Trans>
      </h2>
      {unpriced.map(({ provider, model, unpricedRequests }) => (
        <Hint key={`${provider} ${model}`}>
          <Trans>
            The price of <span className="wrap-anywhere font-medium">{model}</span> ({provider}) was not known for{' '}
            <Plural value={unpricedRequests} one="# request, which counts" other="# requests, which count" /> as free.
          </Trans>{' '}
          {advice}
        </Hint>
      ))}
      <Table label={t`Usage by model`} head={[t`Model`, ...usageColumns()]}>
        {models.map(({ provider, model, unpricedRequests, ...figures }) => (
          <tr key={`${provider} ${model}`}>
            <td>
              <span>
                <span className="wrap-anywhere font-medium">{model}</span> <span className="text-muted">{provider}</span>
              </span>
            </td>
            <UsageCells of={figures} isPriced={unpricedRequests < figures.requests} />
          </tr>
        ))}
      </Table>
      <p className="text-muted text-xs">
        <Trans>Input, cached and output are tokens. The cached tokens are a part of the input.</Trans>
      </p>
    </section>
  );
}
