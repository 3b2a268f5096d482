import { excludedBy } from './exclude.ts';
import type { MirrorArguments } from './pass.ts';
import { fromText, joined, partsOf, type Raw, rawOf } from './raw.ts';

/** What of the phone's folder is mirrored, by name alone. */
export interface Wanted {
  /** Folders to look through, from the phone's folder on; empty is all of it. None lies in another. */
  readonly from: readonly Raw[];
  /** Whether a folder at `path`, named `name`, is looked into. */
  readonly folder: (path: Raw, name: Raw) => boolean;
  /** Whether a file is. */
  readonly file: (path: Raw, name: Raw) => boolean;
  /** Whether a path is one that a pass comes to, as a file. */
  readonly path: (path: Raw) => boolean;
}

/** What Syncthing keeps for itself in every folder: https://docs.syncthing.net/users/syncing.html#temporary-files */
const partialPrefixes = ['.syncthing.', '~syncthing~'];
const syncthingNames: ReadonlySet<string> = new Set(['.stfolder', '.stversions', '.stignore']);

/** What phones and cameras write. */
const mediaEndings: ReadonlySet<string> = new Set(
  [
    'jpg jpeg png gif webp heic heif avif jxl tif tiff bmp dng raw arw cr2 cr3 nef orf rw2',
    'mp4 m4v mov 3gp mkv webm avi mts aae xmp',
  ].flatMap((line) => line.split(' ')),
);

/**
 * By `types: media` a name that begins with a dot is left out too: Android renames what goes to its trash and what is still being written
 * (`.trashed-…`, `.pending-…`), so each delete would add a file.
 */
export const wantedOf = ({ from, exclude, types, marker }: MirrorArguments): Wanted => {
  const isExcluded = excludedBy(exclude);
  const isOwn = (path: Raw, name: Raw): boolean =>
    syncthingNames.has(name) || partialPrefixes.some((prefix) => name.startsWith(prefix)) || path === markerPath;
  const markerPath = marker === null ? null : fromText(marker);
  const isWanted = (path: Raw, name: Raw): boolean =>
    !isOwn(path, name) && !(types === 'media' && name.startsWith('.')) && !isExcluded(path);
  const file = (path: Raw, name: Raw): boolean => isWanted(path, name) && (types === 'all' || isMedia(name));
  const tops = outermost(from.map((folder) => rawOf(partsOf(fromText(folder)).join('/'))));
  /** Folders that were named are wanted, however they are called; unless a pattern leaves them out. */
  const isTopOut = (top: Raw): boolean => prefixesOf(top).some(isExcluded);
  return {
    from: tops.filter((top) => !isTopOut(top)),
    folder: isWanted,
    file,
    path: (path) =>
      tops.some((top) => {
        if (top !== '' && !path.startsWith(`${top}/`)) return false;
        const names = partsOf(rawOf(path.slice(top.length)));
        let at = top;
        return (
          !isTopOut(top) &&
          names.every((name, index) => {
            at = joined(at, name);
            return index === names.length - 1 ? file(at, name) : isWanted(at, name);
          })
        );
      }),
  };
};

const isMedia = (name: Raw): boolean => {
  const dot = name.lastIndexOf('.');
  return dot > 0 && mediaEndings.has(name.slice(dot + 1).toLowerCase());
};

const outermost = (folders: readonly Raw[]): readonly Raw[] =>
  [...new Set(folders)].filter(
    (folder) => !folders.some((other) => other !== folder && (other === '' || folder.startsWith(`${other}/`))),
  );

const prefixesOf = (path: Raw): readonly Raw[] => {
  let at = rawOf('');
  return partsOf(path).map((part) => {
    at = joined(at, part);
    return at;
  });
};
