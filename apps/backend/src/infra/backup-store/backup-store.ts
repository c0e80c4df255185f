import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { Config } from '../../config/config.ts';

type Settings = Pick<
  Config,
  'BACKUP_DIR' | 'BACKUP_S3_BUCKET' | 'BACKUP_S3_ENDPOINT' | 'BACKUP_S3_REGION' | 'BACKUP_S3_ACCESS_KEY_ID' | 'BACKUP_S3_SECRET_ACCESS_KEY'
>;

/** Storage for archives of agents' data, by name. */
export interface BackupStore {
  /** Moves a finished local file into the store, atomically: a failed call leaves no archive of that name. */
  keep(draft: string, name: string, signal: AbortSignal): Promise<void>;
  /** Opens an archive. @throws Error when there is none of that name */
  read(name: string): Promise<Readable>;
  /** Removes an archive; does nothing when there is none of that name. */
  remove(name: string): Promise<void>;
  /** The archive's location for an operator: a file path or an `s3://` URL. */
  address(name: string): string;
}

/** A store in a folder of this machine; only the backend's user can read it. */
function folderStore(folder: string): BackupStore {
  const file = (name: string) => path.join(folder, name);
  return {
    async keep(draft, name) {
      await rename(draft, file(name));
      const handle = await open(folder);
      await handle.sync().finally(() => handle.close());
    },
    async read(name) {
      const handle = await open(file(name));
      return handle.createReadStream();
    },
    remove: (name) => rm(file(name), { force: true }),
    address: file,
  };
}

/** A store in a bucket of S3 or of a compatible service. @see https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html */
async function bucketStore(bucket: string, config: Settings): Promise<BackupStore> {
  const [{ DeleteObjectCommand, GetObjectCommand, S3Client }, { Upload }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/lib-storage'),
  ]);
  const { BACKUP_S3_ACCESS_KEY_ID: accessKeyId, BACKUP_S3_SECRET_ACCESS_KEY: secretAccessKey } = config;
  const client = new S3Client({
    region: config.BACKUP_S3_REGION,
    // Compatible services rarely support host names per bucket, or Amazon's newer checksums.
    ...(config.BACKUP_S3_ENDPOINT && { endpoint: config.BACKUP_S3_ENDPOINT, forcePathStyle: true }),
    ...(accessKeyId && secretAccessKey && { credentials: { accessKeyId, secretAccessKey } }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  const object = (name: string) => ({ Bucket: bucket, Key: name });
  return {
    async keep(draft, name, signal) {
      const upload = new Upload({ client, params: { ...object(name), Body: createReadStream(draft), ContentType: 'application/gzip' } });
      const abort = () => void upload.abort();
      signal.addEventListener('abort', abort, { once: true });
      try {
        await upload.done();
      } finally {
        signal.removeEventListener('abort', abort);
      }
      await rm(draft, { force: true });
    },
    async read(name) {
      const { Body } = await client.send(new GetObjectCommand(object(name)));
      return Body as Readable;
    },
    async remove(name) {
      await client.send(new DeleteObjectCommand(object(name)));
    },
    address: (name) => `s3://${bucket}/${name}`,
  };
}

/** Creates the configured store: the S3 bucket when one is set, otherwise the folder `BACKUP_DIR`. */
export async function createBackupStore(config: Settings): Promise<BackupStore> {
  return config.BACKUP_S3_BUCKET ? bucketStore(config.BACKUP_S3_BUCKET, config) : folderStore(config.BACKUP_DIR);
}

/** The folder for backups, which is created when it is missing. */
export async function backupFolder({ BACKUP_DIR }: Pick<Config, 'BACKUP_DIR'>): Promise<string> {
  await mkdir(BACKUP_DIR, { recursive: true, mode: 0o700 });
  return BACKUP_DIR;
}

/** The path of an unfinished archive, derived from `id`: a retry overwrites the file of the first attempt. */
export const draftFile = async (config: Pick<Config, 'BACKUP_DIR'>, id: string): Promise<string> =>
  path.join(await backupFolder(config), `${id}.partial`);
