'use client';

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
      <Step title="Create a Slack app">
        <p className="text-muted">
          Open <ChannelLink href={APPS}>Slack’s page for new apps</ChannelLink>, choose “From a manifest” and your workspace, and paste this
          manifest as JSON.
        </p>
        <div className="flex flex-wrap items-start gap-2">
          <CopyButton text={manifest} label="Copy manifest" />
        </div>
        <details>
          <summary className="cursor-pointer text-muted">Show the manifest</summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <pre tabIndex={0} className="mt-2 max-h-60 overflow-auto rounded-lg border border-line bg-canvas p-3 text-xs">
            {manifest}
          </pre>
        </details>
      </Step>
      <Step title="Install the app">
        <p className="text-muted">In the app, open “Install App”, install it to the workspace and copy the Bot User OAuth Token.</p>
        <TokenField channel="slack" name={names.bot} required={required} checks={checks} />
      </Step>
      <Step title="Generate an app-level token">
        <p className="text-muted">
          Open “Basic Information”, and under “App-Level Tokens” generate a token with the scope <code>connections:write</code>.
        </p>
        <TokenField channel="slack-app" name={names.app} required={required} checks={checks} />
      </Step>
    </Steps>
  );
}
