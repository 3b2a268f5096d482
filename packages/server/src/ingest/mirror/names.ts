import { createHash } from 'node:crypto';
import { folderOf, fromText, joined, nameOf, partsOf, type Raw, rawOf, toBytes, toText } from './raw.ts';

/** What the mirror keeps for itself at the top of its folder. */
export const ownFolder = rawOf('.berth');
export const versionsFolder = rawOf('.versions');

/** Every disk takes a name of so many bytes; Linux takes no more. */
const longestName = 255;
/** What encrypted file systems take: https://www.ecryptfs.org, 143. */
const shortName = 140;

/**
 * The places that a file may take in the mirror, the best first: its own, and where the disk can not hold that name, one that every disk
 * holds. None lies in what the mirror keeps for itself, also on a disk that knows no case.
 */
export const placesFor = (path: Raw): readonly Raw[] => {
  const own = besidesOurs(path);
  const plain = rawOf(partsOf(own).map(plainName).join('/'));
  const flat = joined(fromText('long-names'), rawOf(`${hashOf(path, 16)}~${cut(plainName(nameOf(path)), 100)}`));
  return [...new Set([own, plain, flat])];
};

/** `name`, `stem~2.ext`, `stem~3.ext`, … for `count` = 1, 2, 3, …, never longer than a name may be. */
export const numbered = (path: Raw, count: number): Raw =>
  count === 1 ? path : joined(folderOf(path), withMark(nameOf(path), `~${count}`, longestName));

/** As a disk sees it that knows no case and no difference between composed and decomposed letters. */
export const foldOf = (path: Raw): string => (isAscii.test(path) ? path.toUpperCase() : foldText(toText(path)));

const isAscii = /^[\0-\x7f]*$/;

const foldText = (text: string): string => text.normalize('NFKD').toLowerCase().toUpperCase().normalize('NFKC');

const ours: ReadonlySet<string> = new Set([ownFolder, versionsFolder].map(foldOf));

const besidesOurs = (path: Raw): Raw => {
  const [top, ...rest] = partsOf(path);
  if (top === undefined || !ours.has(foldOf(top))) return path;
  return rawOf([`${top}~2`, ...rest].join('/'));
};

/** What other systems do not take, and bytes that are no UTF-8: https://learn.microsoft.com/windows/win32/fileio/naming-a-file */
const plainName = (name: Raw): Raw => {
  const text = toText(name);
  const kept = fromText(text.replace(/[\u0000-\u001f\u007f"*:<>?\\|\ufffd]/g, '_').replace(/[. ]+$/, '_'));
  return kept === name && name.length <= shortName ? name : withMark(kept, `~${hashOf(name, 8)}`, shortName);
};

const withMark = (name: Raw, mark: string, longest: number): Raw => {
  const dot = name.lastIndexOf('.');
  // An ending that is half of the name is none.
  const ending = dot > 0 && name.length - dot <= 20 ? name.slice(dot) : '';
  const stem = rawOf(ending === '' ? name : name.slice(0, dot));
  return rawOf(`${cut(stem, longest - mark.length - ending.length)}${mark}${ending}`);
};

/** The first `bytes` of a name, and not half a character. */
const cut = (name: Raw, bytes: number): Raw => {
  if (name.length <= bytes) return name;
  let end = bytes;
  while (end > bytes - 4 && isWithinCharacter(name, end)) end -= 1;
  return rawOf(name.slice(0, end));
};

const isWithinCharacter = (name: Raw, at: number): boolean => (name.charCodeAt(at) & 0xc0) === 0x80;

const hashOf = (path: Raw, digits: number): string =>
  createHash('sha256').update(toBytes(path)).digest('hex').slice(0, digits);
