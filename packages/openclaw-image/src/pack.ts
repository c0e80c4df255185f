import { run } from './command.ts';

interface Part {
  paths: string[];
  uid: number;
  mode: string;
}

// Order matters: the parts with owners of their own are appended behind the rest.
const gatewayUser = 1000;
const parts: Part[] = [
  { paths: ['.'], uid: 0, mode: 'u+rwX,go+rX,go-w' },
  { paths: ['./home/node', './opt/warm'], uid: gatewayUser, mode: 'u+rwX,go+rX,go-w' },
  { paths: ['./tmp'], uid: 0, mode: '1777' },
];

/** Packs a staged tree, writing owners and modes into the archive, so that the packer need not be root. */
export async function packRootFilesystem(root: string, archive: string): Promise<void> {
  const separate = parts.slice(1).flatMap(({ paths }) => paths);
  for (const [index, { paths, uid, mode }] of parts.entries()) {
    const action = index === 0 ? ['--create', '--anchored', ...separate.map((path) => `--exclude=${path}`)] : ['--append'];
    const owner = [`--owner=:${uid}`, `--group=:${uid}`, '--numeric-owner', `--mode=${mode}`];
    await run('tar', [...action, ...owner, '--file', archive, '--directory', root, ...paths]);
  }
}
