import type { OpenclawVersion } from '@agentbot/contracts';
import { t } from '@lingui/core/macro';
import { formatBytes } from '../../lib/format.ts';
import { DescriptionList } from '../ui/card.tsx';
import { channelNames } from './channel-names.ts';

const MIB = 1024 ** 2;
const nameOf = (channel: string) => (channelNames as Record<string, string>)[channel] ?? channel.charAt(0).toUpperCase() + channel.slice(1);

/** The label of a version in a list. */
export function versionLabel(
  { version, image }: OpenclawVersion,
  { default: platform, recommended }: { default: string; recommended: string },
) {
  const marks = [version === recommended && t`recommended`, version === platform && t`default`].filter(Boolean);
  const name = version === 'unknown' ? image : version;
  return marks.length > 0 ? `${name} (${marks.join(t`, `)})` : name;
}

/** What a version of OpenClaw needs and can do. */
export function VersionFacts({ version }: { version: OpenclawVersion }) {
  const { sizeBytes, availability, memory, readySeconds, channels, packagedChannels, knownBad, notes } = version;
  const included = channels.map(nameOf).join(t`, `);
  const packaged = packagedChannels.map(nameOf).join(t`, `);
  const where = availability === 'pullable' ? t`downloaded at the first use` : t`unknown`;
  return (
    <div className="space-y-2 rounded-lg bg-hover px-3 py-2">
      <DescriptionList
        rows={[
          [t`Image`, sizeBytes === null ? where : formatBytes(sizeBytes)],
          [
            t`Memory`,
            memory
              ? t`${{ idle: formatBytes(memory.idleMiB * MIB) }} when idle, at least ${{ minimum: formatBytes(memory.minimumMiB * MIB) }}`
              : t`unknown`,
          ],
          [t({ message: 'Start', context: 'duration' }), readySeconds === null ? t`unknown` : t`about ${readySeconds} seconds`],
          [t`Channels`, packaged ? t`${included}; if the image has their packages: ${packaged}` : included],
        ]}
      />
      {[...(knownBad ? [knownBad] : []), ...notes].map((note) => (
        <p key={note} className="text-muted text-xs">
          {note}
        </p>
      ))}
    </div>
  );
}
