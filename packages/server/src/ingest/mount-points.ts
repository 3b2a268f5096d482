import type { SourceName } from '@berth/common/brand.ts';

/**
 * Where a phone's folders are in the container, whatever they are called on the NAS. Outside of /run, which is a tmpfs, and of /data, which a
 * session may see parts of.
 */
const phonesRoot = '/phones';

/** What Syncthing brings, read-only. */
export const ingestMountPoint = (name: SourceName): string => `${phonesRoot}/${name}/ingest`;

/** Its mirror. */
export const mediaMountPoint = (name: SourceName): string => `${phonesRoot}/${name}/media`;
