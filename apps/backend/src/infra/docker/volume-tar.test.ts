import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import { extract, type Header, pack } from 'tar-stream';
import { packFiles, portableTar } from './volume-tar.ts';

interface Entry {
  header: Header;
  content: string;
}

/** The entries of a tar stream. */
async function entriesOf(tar: NodeJS.ReadableStream): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of tar.pipe(extract())) entries.push({ header: entry.header, content: await text(entry) });
  return entries;
}

test('packFiles packs each folder once and each file, for the container’s user alone', async () => {
  const entries = await entriesOf(
    packFiles([
      { path: 'openclaw.json', content: '{}' },
      { path: 'workspace/SOUL.md', content: 'é' },
      { path: 'workspace/MEMORY.md', content: '' },
      { path: 'a/b/c', content: 'deep' },
    ]),
  );
  // The owner of a volume's files is the user 1000 of OpenClaw's image.
  const owned = { uid: 1000, gid: 1000 };
  expect(entries.map(({ header: { name, type, mode, uid, gid }, content }) => ({ name, type, mode, uid, gid, content }))).toEqual([
    { name: 'workspace', type: 'directory', mode: 0o700, ...owned, content: '' },
    { name: 'a', type: 'directory', mode: 0o700, ...owned, content: '' },
    { name: 'a/b', type: 'directory', mode: 0o700, ...owned, content: '' },
    { name: 'openclaw.json', type: 'file', mode: 0o600, ...owned, content: '{}' },
    { name: 'workspace/SOUL.md', type: 'file', mode: 0o600, ...owned, content: 'é' },
    { name: 'workspace/MEMORY.md', type: 'file', mode: 0o600, ...owned, content: '' },
    { name: 'a/b/c', type: 'file', mode: 0o600, ...owned, content: 'deep' },
  ]);
});

describe('portableTar', () => {
  /** The entries that are left of a tar with these entries. */
  async function stripped(...headers: (Partial<Header> & { name: string })[]) {
    const tar = pack();
    for (const header of headers) tar.entry(header, header.type === 'file' ? `content of ${header.name}` : '');
    tar.finalize();
    return entriesOf(portableTar(tar as unknown as Readable, '.openclaw/'));
  }

  test('renames entries and hard links, drops the folder itself, and gives all to the agent’s user', async () => {
    const entries = await stripped(
      { name: '.openclaw/', type: 'directory', mode: 0o700 },
      { name: '.openclaw/workspace/', type: 'directory', mode: 0o750, uid: 101_000, gid: 101_000 },
      { name: '.openclaw/openclaw.json', type: 'file', mode: 0o600, uid: 1000, gid: 1000 },
      { name: '.openclaw/hard', type: 'link', linkname: '.openclaw/openclaw.json' },
      // The target of a symbolic link is a path in the container, not the name of an entry.
      { name: '.openclaw/soft', type: 'symlink', linkname: '.openclaw/openclaw.json' },
      { name: 'other/.openclaw/x', type: 'file' },
    );
    expect(entries.map(({ header: { name, type, linkname }, content }) => [name, type, linkname, content])).toEqual([
      ['workspace/', 'directory', null, ''],
      ['openclaw.json', 'file', null, 'content of .openclaw/openclaw.json'],
      ['hard', 'link', 'openclaw.json', ''],
      ['soft', 'symlink', '.openclaw/openclaw.json', ''],
      ['other/.openclaw/x', 'file', null, 'content of other/.openclaw/x'],
    ]);
    expect(entries[0]?.header).toMatchObject({ mode: 0o750 });
    expect(entries.map(({ header: { uid, gid } }) => [uid, gid])).toEqual(entries.map(() => [1000, 1000]));
  });

  test('renames an entry whose long name is in PAX attributes', async () => {
    const name = `${'folder/'.repeat(40)}file`;
    const [entry] = await stripped({ name: `.openclaw/${name}`, type: 'file' });
    expect(entry).toMatchObject({ header: { name }, content: `content of .openclaw/${name}` });
  });

  test('fails when the tar ends in the middle of a file', async () => {
    const tar = pack();
    tar.entry({ name: '.openclaw/x', type: 'file' }, 'x'.repeat(5_000));
    tar.finalize();
    const whole: Buffer[] = [];
    for await (const chunk of tar as unknown as Readable) whole.push(chunk);
    const cut = Readable.from([Buffer.concat(whole).subarray(0, 2_000)]);
    await expect(text(portableTar(cut, '.openclaw/'))).rejects.toThrow('Unexpected end of data');
  });

  test('fails when the tar cannot be read', async () => {
    const broken = new Readable({ read: () => broken.destroy(new Error('connection lost')) });
    await expect(text(portableTar(broken, '.openclaw/'))).rejects.toThrow('connection lost');
  });

  test('fails without an uncaught error when nobody reads the result', async () => {
    const broken = new Readable({ read: () => broken.destroy(new Error('connection lost')) });
    const out = portableTar(broken, '.openclaw/');
    await new Promise((resolve) => out.on('close', resolve));
    expect(out.destroyed).toBe(true);
  }, 10_000);
});
