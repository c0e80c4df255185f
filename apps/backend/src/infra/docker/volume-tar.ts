import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header, pack } from 'tar-stream';
import type { VolumeFile } from './container-host.ts';
import { AGENT_UID } from './container-options.ts';

/** Files of an agent as a tar stream, readable by its user alone. */
export function archive(files: VolumeFile[]) {
  const tar = pack();
  const owner = { uid: AGENT_UID, gid: AGENT_UID };
  const folders = new Set(files.flatMap(({ path }) => (path.includes('/') ? [path.slice(0, path.lastIndexOf('/'))] : [])));
  // Never an entry for the root itself: it would take the volume away from its user.
  for (const name of folders) tar.entry({ name, type: 'directory', mode: 0o700, ...owner });
  for (const { path, content } of files) tar.entry({ name: path, mode: 0o600, ...owner }, content);
  tar.finalize();
  return tar as unknown as NodeJS.ReadableStream;
}

/** The same tar stream with `prefix` taken off each name; the entry of the folder itself is left out. */
export function stripped(tar: Readable, prefix: string): Readable {
  const out = pack();
  const entries = extract();
  const rename = (name: string) => name.slice(name.startsWith(prefix) ? prefix.length : 0);
  const copy = async () => {
    for await (const entry of entries) {
      // Extended attributes repeat the old name; a long one gets new ones.
      const header: Header = { ...entry.header, name: rename(entry.header.name), pax: null };
      if (header.type === 'link' && header.linkname) header.linkname = rename(header.linkname);
      if (header.name === '') entry.resume();
      else if (header.type === 'file') await pipeline(entry, out.entry(header));
      else {
        out.entry(header);
        entry.resume();
      }
    }
    out.finalize();
  };
  const give = (error: Error) => out.destroy(error);
  // Whoever reads `out` hears of an error; nobody may be reading any more.
  out.on('error', () => undefined);
  pipeline(tar, entries).catch(give);
  copy().catch(give);
  return out as unknown as Readable;
}
