import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useState } from 'react';
import { VersionFacts, versionLabel } from '../../components/agent/version-facts.tsx';
import { SelectField } from '../../components/ui/field.tsx';
import { useOpenclawVersions } from '../../lib/hooks/use-openclaw-versions.ts';

/** The OpenClaw version of a new agent; absent while the versions are not known. */
export function VersionField() {
  const { data } = useOpenclawVersions();
  const [chosen, setChosen] = useState<string>();
  const offered = data?.versions.filter(({ availability }) => availability !== 'missing') ?? [];
  const wanted = [chosen, data?.default, data?.recommended];
  const version = wanted.map((name) => offered.find((each) => each.version === name)).find(Boolean) ?? offered[0];
  if (!data || !version) return null;
  return (
    <details className="rounded-lg border border-line px-3 py-2">
      <summary className="cursor-pointer font-medium text-sm">
        <Trans>OpenClaw version: {versionLabel(version, data)}</Trans>
      </summary>
      <div className="mt-3 space-y-3 pb-1">
        <SelectField
          label={t`OpenClaw version`}
          value={version.version}
          onChange={(event) => setChosen(event.target.value)}
          options={offered.map((each) => [each.version, versionLabel(each, data)] as const)}
          hint={t`You can update the agent later`}
        />
        {version.version !== data.default && <input type="hidden" name="openclawVersion" value={version.version} />}
        <VersionFacts version={version} />
      </div>
    </details>
  );
}
