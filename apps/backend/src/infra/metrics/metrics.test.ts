import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import { createMetrics } from './metrics.ts';

const operate = path.join(import.meta.dirname, '../../../../../docs/operate');
/** The labels that Prometheus adds, and those of its own metric `up`. */
const TARGET_LABELS = ['job', 'instance'];

/** Each metric and label that a text of PromQL names. */
function namesIn(text: string) {
  return [...text.matchAll(/\b((?:agentbot|nodejs|process)_\w+?)(_bucket|_count|_sum)?(?:\{([^}]*)\})?(?=[\s)[]|$)/g)].map(
    ([, metric = '', , labels = '']) => ({ metric, labels: [...labels.matchAll(/(\w+)=/g)].map(([, label = '']) => label) }),
  );
}

test.each(['prometheus-rules.yml', 'grafana-dashboard.json'])('%s names only metrics and labels that a backend has', async (file) => {
  const text = await readFile(path.join(operate, file), 'utf8');
  const expressions = file.endsWith('.json')
    ? JSON.parse(text).panels.flatMap(({ targets }: { targets: { expr: string }[] }) => targets.map(({ expr }) => expr))
    : text
        .split(/^ {6}- alert:/m)
        .slice(1)
        .map((rule) => /expr: (\|\n(?: {10}.*\n)+|.*\n)/.exec(rule)?.[1] ?? '');
  const { registry } = createMetrics();
  const named = namesIn(expressions.join('\n'));
  expect(named.length).toBeGreaterThan(8);
  for (const { metric, labels } of named) {
    const known = registry.getSingleMetric(metric) as { labelNames?: string[] } | undefined;
    expect([metric, known !== undefined]).toEqual([metric, true]);
    expect([metric, labels.filter((label) => ![...TARGET_LABELS, ...(known?.labelNames ?? [])].includes(label))]).toEqual([metric, []]);
  }
});
