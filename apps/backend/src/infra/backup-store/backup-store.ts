import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import type { Config } from '../../config/config.ts';

/** Where archives of agents' data are kept, by name. */
export interface BackupStore {
  /** Keeps a finished file under a name, for good or not at all; the file is gone afterwards. */
  keep(draft: string, name: string, signal: AbortSignal): Promise<void>;
  read(name: string): Promise<Readable>;
  /** Silent about what is not there. */
  remove(name: string): Promise<void>;
  /** Where an operator finds it. */
  address(name: string): string;
}

/** A folder of this machine that the backend alone can read. */
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

/** A bucket of S3, or of anything that speaks its protocol. @see https://docs.aws.amazon.com/AmazonS3/latest/API/Welcome.html */
async function bucketStore(bucket: string, config: Config): Promise<BackupStore> {
  const [{ DeleteObjectCommand, GetObjectCommand, S3Client }, { Upload }] = await Promise.all([
    import('@aws-sdk/client-s3'),
    import('@aws-sdk/lib-storage'),
  ]);
  const { BACKUP_S3_ACCESS_KEY_ID: accessKeyId, BACKUP_S3_SECRET_ACCESS_KEY: secretAccessKey } = config;
  const client = new S3Client({
    region: config.BACKUP_S3_REGION,
    // Others than Amazon's rarely know a bucket as a host name, nor its newer checksums.
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

/** The store that the settings name: a bucket when there is one, else the folder. */
export async function createBackupStore(config: Config): Promise<BackupStore> {
  return config.BACKUP_S3_BUCKET ? bucketStore(config.BACKUP_S3_BUCKET, config) : folderStore(config.BACKUP_DIR);
}

/** A path for a file under way; a second try of the same work overwrites what the first one left. */
export async function draftFile({ BACKUP_DIR }: Pick<Config, 'BACKUP_DIR'>, id: string): Promise<string> {
  await mkdir(BACKUP_DIR, { recursive: true, mode: 0o700 });
  return path.join(BACKUP_DIR, `${id}.partial`);
}
