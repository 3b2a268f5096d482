import type { Brand } from '@berth/common/brand.ts';

/**
 * A path or a name as the disk has it: bytes, a character each. Phones write names that are no UTF-8, and two names that look alike are two
 * names; as a string they can be keys and be put together. Only `toBytes` leads back to the disk, and `forPeople` to a person.
 */
export type Raw = Brand<string, 'Raw'>;

/** What the bytes of a name are. */
export const fromBytes = (bytes: Uint8Array): Raw =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1') as Raw;

/** A text that we wrote ourselves, as UTF-8. */
export const fromText = (text: string): Raw => fromBytes(Buffer.from(text));

/** What `raw` was made from. */
export const toBytes = (raw: Raw): Buffer => Buffer.from(raw, 'latin1');

/** As UTF-8; what is none becomes U+FFFD. For comparing and for people, never for the disk. */
export const toText = (raw: Raw): string => toBytes(raw).toString();

/** `folder/name`; an empty folder or name is left out. */
export const joined = (folder: Raw, name: Raw): Raw =>
  (folder === '' ? name : name === '' ? folder : `${folder}/${name}`) as Raw;

/** The folder of a path, empty at the top. */
export const folderOf = (path: Raw): Raw => path.slice(0, Math.max(0, path.lastIndexOf('/'))) as Raw;

/** What follows the last slash. */
export const nameOf = (path: Raw): Raw => path.slice(path.lastIndexOf('/') + 1) as Raw;

/** The names a path is made of; empty ones and `.` are left out. */
export const partsOf = (path: Raw): readonly Raw[] =>
  path.split('/').filter((part) => part !== '' && part !== '.') as unknown as readonly Raw[];

/** A part of a name, or names put together: still bytes. */
export const rawOf = (characters: string): Raw => characters as Raw;
