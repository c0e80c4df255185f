import type { OpenclawVersion } from '@agentbot/contracts';
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
  const marks = [version === recommended && 'recommended', version === platform && 'default'].filter(Boolean);
  const name = version === 'unknown' ? image : version;
  return marks.length > 0 ? `${name} (${marks.join(', ')})` : name;
}

/** What a version of OpenClaw needs and can do. */
export function VersionFacts({ version }: { version: OpenclawVersion }) {
  const { sizeBytes, availability, memory, readySeconds, channels, packagedChannels, knownBad, notes } = version;
  const packaged = packagedChannels.length > 0 && `; if the image has their packages: ${packagedChannels.map(nameOf).join(', ')}`;
  const where = availability === 'pullable' ? 'downloaded at the first use' : 'unknown';
  return (
    <div className="space-y-2 rounded-lg bg-hover px-3 py-2">
      <DescriptionList
        rows={[
          ['Image', sizeBytes === null ? where : formatBytes(sizeBytes)],
          [
            'Memory',
            memory ? `${formatBytes(memory.idleMiB * MIB)} when idle, at least ${formatBytes(memory.minimumMiB * MIB)}` : 'unknown',
          ],
          ['Start', readySeconds === null ? 'unknown' : `about ${readySeconds} seconds`],
          ['Channels', `${channels.map(nameOf).join(', ')}${packaged || ''}`],
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
