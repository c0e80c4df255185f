import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header, pack } from 'tar-stream';
import type { VolumeFile } from './container-host.ts';
import { AGENT_UID } from './container-options.ts';

/** Packs files for an agent's volume into a tar stream; only the container's user can read them. */
export function packFiles(files: VolumeFile[]) {
  const tar = pack();
  const owner = { uid: AGENT_UID, gid: AGENT_UID };
  // The engine would give a folder without an entry to root.
  const folders = new Set(files.flatMap(({ path }) => [...path.matchAll(/\//g)].map(({ index }) => path.slice(0, index))));
  // No entry for the root folder: it would change the owner of the whole volume.
  for (const name of folders) tar.entry({ name, type: 'directory', mode: 0o700, ...owner });
  for (const { path, content } of files) tar.entry({ name: path, mode: 0o600, ...owner }, content);
  tar.finalize();
  return tar as unknown as NodeJS.ReadableStream;
}

/**
 * Makes the tar stream of a volume independent of its engine: removes `prefix` from each entry name, drops the entry of the
 * folder itself, and gives each entry to the container's user. With user namespaces, the engine writes the host's user numbers
 * into a tar, and fails to read them back.
 */
export function portableTar(tar: Readable, prefix: string): Readable {
  const out = pack();
  const entries = extract();
  const rename = (name: string) => name.slice(name.startsWith(prefix) ? prefix.length : 0);
  const copy = async () => {
    for await (const entry of entries) {
      // PAX attributes repeat the old name; tar-stream writes new ones for a long name.
      const header: Header = { ...entry.header, name: rename(entry.header.name), pax: null, uid: AGENT_UID, gid: AGENT_UID };
      if (header.type === 'link' && header.linkname) header.linkname = rename(header.linkname);
      // Stryker disable next-line CallExpression: a folder has no content
      if (header.name === '') entry.resume();
      else await pipeline(entry, out.entry(header));
    }
    out.finalize();
  };
  const fail = (error: Error) => out.destroy(error);
  // The reader of `out` receives an error too; without a reader, this listener prevents an uncaught one.
  out.on('error', () => undefined);
  pipeline(tar, entries).catch(fail);
  copy().catch(fail);
  return out as unknown as Readable;
}
