import { t } from '@lingui/core/macro';
import { ModelTest } from '../../components/agent/model-test.tsx';
import { Card } from '../../components/ui/card.tsx';
import { api } from '../../lib/api/client.ts';

/** A button that calls the agent's saved model once, with the result. */
export function TestModel({ id }: { id: string }) {
  return (
    <Card
      title={t`Test the model`}
      description={t`Calls the saved model once with the saved key, for a reply of a few tokens. The call counts as usage.`}
    >
      <ModelTest run={() => api('testModel', { params: { id } })} />
    </Card>
  );
}
