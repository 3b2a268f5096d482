import type { Finding } from '@berth/common/yaml/finding.ts';
import type { Locate } from '@berth/common/yaml/load.ts';
import { areApart } from './folder-path.ts';
import type { Source } from './source.ts';

interface Context {
  readonly file: string;
  readonly locate: Locate;
}

/** A folder of a phone as the file has it. */
interface PhoneFolder {
  readonly source: string;
  readonly key: 'folder' | 'to';
  readonly folder: string;
  readonly path: readonly string[];
}

/** Folders, groups and folders of Syncthing that two phones share, or one phone with itself. */
export const phoneConflicts = (sources: readonly Source[], context: Context): readonly Finding[] => [
  ...sharedFolders(sources, context),
  ...sharedSyncthing(sources, context),
  ...groupsOfSources(sources, context),
];

/** All that the phones' processes reach: read what arrives, write what is mirrored. */
export const phoneFolders = (sources: readonly Source[]): readonly PhoneFolder[] =>
  sources.flatMap(({ name, ingest, media }): readonly PhoneFolder[] => [
    ...(ingest === null
      ? []
      : [{ source: name, key: 'folder' as const, folder: ingest.folder, path: ['sources', name, 'ingest', 'folder'] }]),
    ...(media === null
      ? []
      : [{ source: name, key: 'to' as const, folder: media.to, path: ['sources', name, 'media', 'to'] }]),
  ]);

/**
 * A mirror inside what is mirrored would grow for ever; one phone inside another would read, or write over, what is not its own. Each
 * is compared with those before it only until one is found, so many that are all the same are not many messages each.
 */
const sharedFolders = (sources: readonly Source[], { file, locate }: Context): readonly Finding[] => {
  const all = phoneFolders(sources);
  return all.flatMap((one, index): readonly Finding[] => {
    const first = all.slice(0, index).find((other) => !areApart(one.folder, other.folder));
    if (first === undefined) return [];
    const line = locate(first.path, 'value').line;
    const how =
      one.folder === first.folder ? 'the same' : one.folder.length > first.folder.length ? 'inside' : 'around';
    const whose = one.source === first.source ? 'its own' : `"${first.source}"'s`;
    const message =
      how === 'the same'
        ? `${one.folder} is ${whose} ${wordOf[first.key]} already (line ${line})`
        : `${one.folder} lies ${how} ${whose} ${wordOf[first.key]} ${first.folder} (line ${line})`;
    const remedy = 'Name folders that lie beside each other: each phone has its own, and each mirror too.';
    return [{ file, ...locate(one.path, 'value'), code: 'shared-folder', message, remedy }];
  });
};

const wordOf = { folder: 'ingest folder', to: 'mirror' } as const;

/** Two sources that ask for one folder of one Syncthing: one of them hears of another one's files. */
const sharedSyncthing = (sources: readonly Source[], { file, locate }: Context): readonly Finding[] => {
  const seen = new Map<string, string>();
  return sources.flatMap(({ name, ingest }): readonly Finding[] => {
    if (ingest === null || ingest.syncthing === null) return [];
    const { url, folderId } = ingest.syncthing;
    const key = JSON.stringify([url, folderId]);
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, name);
      return [];
    }
    const line = locate(idPath(first), 'value').line;
    const message = `this folder of Syncthing already belongs to "${first}" (line ${line})`;
    const remedy = 'Write the ID of the folder that is at this path: each phone has one of its own.';
    return [{ file, ...locate(idPath(name), 'value'), code: 'shared-folder-id', message, remedy }];
  });
};

const idPath = (name: string): readonly string[] => ['sources', name, 'ingest', 'syncthing', 'folder_id'];

/** The group of a source has the number of its UID, and may read what that source stores. */
const groupsOfSources = (sources: readonly Source[], { file, locate }: Context): readonly Finding[] => {
  const owners = new Map(sources.map(({ name, uid }) => [uid, name]));
  return sources.flatMap(({ name, ingest }): readonly Finding[] => {
    const owner = ingest === null || ingest.group === null ? undefined : owners.get(ingest.group);
    if (owner === undefined || owner === name) return [];
    const message = `group ${ingest?.group} is that of "${owner}", whose files are no business of a phone`;
    const remedy = 'Write the group of the files that Syncthing makes, and another UID where the two are the same.';
    const at = locate(['sources', name, 'ingest', 'group'], 'value');
    return [{ file, ...at, code: 'group-of-a-source', message, remedy }];
  });
};
