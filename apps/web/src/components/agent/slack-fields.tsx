'use client';

import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { CopyButton } from '../ui/copy-button.tsx';
import { ChannelLink, Step, Steps } from './channel-steps.tsx';
import { slackManifest } from './slack-manifest.ts';
import { TokenField } from './token-field.tsx';
import type { TokenChecks } from './use-token-checks.ts';

const APPS = 'https://api.slack.com/apps?new_app=1';

interface Props {
  /** The name that the Slack app gets. */
  agentName: string;
  names: { bot: string; app: string };
  required?: boolean;
  checks: TokenChecks;
}

/** The steps that connect Slack: an app from a manifest, and its two tokens. */
export function SlackFields({ agentName, names, required = false, checks }: Props) {
  const manifest = slackManifest(agentName);
  return (
    <Steps>
      <Step title={t`Create a Slack app`}>
        <p className="text-muted">
          <Trans>
            Open <ChannelLink href={APPS}>Slack’s page for new apps</ChannelLink>, choose “From a manifest” and your workspace, and paste
            this manifest as JSON.
          </Trans>
        </p>
        <div className="flex flex-wrap items-start gap-2">
          <CopyButton text={manifest} label={t`Copy manifest`} />
        </div>
        <details>
          <summary className="cursor-pointer text-muted">
            <Trans>Show the manifest</Trans>
          </summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <pre tabIndex={0} className="mt-2 max-h-60 overflow-auto rounded-lg border border-line bg-canvas p-3 text-xs">
            {manifest}
          </pre>
        </details>
      </Step>
      <Step title={t`Install the app`}>
        <p className="text-muted">
          <Trans>In the app, open “Install App”, install it to the workspace and copy the Bot User OAuth Token.</Trans>
        </p>
        <TokenField channel="slack" name={names.bot} required={required} checks={checks} />
      </Step>
      <Step title={t`Generate an app-level token`}>
        <p className="text-muted">
          <Trans>
            Open “Basic Information”, and under “App-Level Tokens” generate a token with the scope <code>connections:write</code>.
          </Trans>
        </p>
        <TokenField channel="slack-app" name={names.app} required={required} checks={checks} />
      </Step>
    </Steps>
  );
}
