import { createHash } from 'node:crypto';
import { type Asked, serveStandIn, unknown } from './server.ts';

/** What a test can have go wrong. */
export interface S3Fault {
  cutAfter?: number | null;
}

/**
 * A stand-in for an S3 server such as MinIO, NOT one and no proof of one: it keeps to https://docs.aws.amazon.com/AmazonS3/latest/API/ as far as MinIO's own
 * client asks. It looks at the access key, not at signatures.
 */
export const withS3StandIn = async (accessKey: string) => {
  const buckets = new Map<string, Map<string, Buffer>>();
  const fault: S3Fault = {};
  const server = await serveStandIn((asked) => {
    if (!(asked.headers.authorization ?? '').includes(`Credential=${accessKey}/`)) {
      return error(403, 'InvalidAccessKeyId', 'The Access Key Id you provided does not exist in our records.');
    }
    const [name = '', ...rest] = asked.path;
    const key = rest.join('/');
    const { method, query } = asked;
    if (name === '') {
      const shown = [...buckets.keys()].map(
        (one) => `<Bucket><Name>${one}</Name><CreationDate>2026-11-22T00:00:00.000Z</CreationDate></Bucket>`,
      );
      return xml(
        `<ListAllMyBucketsResult><Owner><ID>1</ID></Owner><Buckets>${shown.join('')}</Buckets></ListAllMyBucketsResult>`,
      );
    }
    if (key === '' && method === 'PUT') {
      buckets.set(name, new Map());
      return {};
    }
    const bucket = buckets.get(name);
    if (bucket === undefined) return error(404, 'NoSuchBucket', 'The specified bucket does not exist');
    if (key === '' && query.has('location')) return xml('<LocationConstraint></LocationConstraint>');
    if (key === '' && query.has('versioning')) return xml('<VersioningConfiguration></VersioningConfiguration>');
    if (key === '' && query.has('object-lock')) return error(404, 'ObjectLockConfigurationNotFoundError', 'none');
    if (key === '' && method === 'HEAD') return {};
    if (key === '' && method === 'GET') return list(name, bucket, query);
    if (method === 'PUT') {
      bucket.set(key, decoded(asked));
      return { headers: { etag: `"${md5(bucket.get(key))}"` } };
    }
    const object = bucket.get(key);
    if (object === undefined) return error(404, 'NoSuchKey', 'The specified key does not exist.');
    if (method !== 'GET' && method !== 'HEAD') return unknown(asked);
    const headers = {
      'content-length': `${object.length}`,
      'last-modified': 'Sun, 22 Nov 2026 00:00:00 GMT',
      etag: `"${md5(object)}"`,
    };
    return { headers, body: object, cutAfter: method === 'GET' ? (fault.cutAfter ?? null) : null };
  });
  return { ...server, buckets, fault };
};

const list = (name: string, bucket: ReadonlyMap<string, Buffer>, query: URLSearchParams) => {
  const prefix = query.get('prefix') ?? '';
  const delimiter = query.get('delimiter') ?? '';
  const objects: string[] = [];
  const folders = new Set<string>();
  for (const [key, object] of [...bucket].sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (!key.startsWith(prefix)) continue;
    const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (at >= 0) folders.add(key.slice(0, at + 1));
    else {
      objects.push(
        `<Contents><Key>${escaped(key)}</Key><LastModified>2026-11-22T00:00:00.000Z</LastModified><ETag>"${md5(object)}"</ETag><Size>${object.length}</Size><StorageClass>STANDARD</StorageClass></Contents>`,
      );
    }
  }
  const common = [...folders].map((folder) => `<CommonPrefixes><Prefix>${escaped(folder)}</Prefix></CommonPrefixes>`);
  return xml(
    `<ListBucketResult><Name>${name}</Name><Prefix>${escaped(prefix)}</Prefix><KeyCount>${objects.length}</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>${objects.join('')}${common.join('')}</ListBucketResult>`,
  );
};

/** Clients sign what they stream piece by piece: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html */
const decoded = ({ headers, body }: Asked): Buffer => {
  if (!String(headers['x-amz-content-sha256'] ?? '').startsWith('STREAMING-')) return body;
  const parts: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, end), 16);
    if (!(size > 0)) break;
    parts.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
  return Buffer.concat(parts);
};

const md5 = (bytes: Uint8Array | undefined): string =>
  createHash('md5')
    .update(bytes ?? '')
    .digest('hex');

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const xml = (text: string, status = 200) => ({
  status,
  headers: { 'content-type': 'application/xml' },
  body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${text}`),
});

const error = (status: number, code: string, message: string) =>
  xml(`<Error><Code>${code}</Code><Message>${message}</Message><RequestId>1</RequestId></Error>`, status);
