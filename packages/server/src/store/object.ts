import type { Brand } from '@berth/common/brand.ts';

/** restic's file types that have names; the sixth, `config`, is a single file (restic: doc/design.rst, "Repository Layout"). */
export const namedTypes = ['data', 'index', 'keys', 'locks', 'snapshots'] as const;
export type NamedType = (typeof namedTypes)[number];

/** The lower-case hexadecimal SHA-256 that names an object: of its own bytes, for every type restic has. */
export type ObjectName = Brand<string, 'ObjectName'>;

/** Which object: a named one, or the one `config` of a repository. */
export type ObjectId =
  | { readonly type: NamedType; readonly name: ObjectName }
  | { readonly type: 'config'; readonly name: 'config' };

export type ObjectType = ObjectId['type'];

/** The repository's configuration, which has a type and no name of its own. */
export const config: ObjectId = { type: 'config', name: 'config' };

const sha256Hex = /^[0-9a-f]{64}$/;
const isObjectName = (text: string): text is ObjectName => sha256Hex.test(text);

/** The type called `text`, or null. */
export const parseNamedType = (text: string): NamedType | null => namedTypes.find((type) => type === text) ?? null;

/** `text` as an object's name, or null: nothing but 64 lower-case hexadecimal digits is one, so a name is never a path. */
export const parseObjectName = (text: string): ObjectName | null => (isObjectName(text) ? text : null);

/** The object that a journal record or a URL calls `type` and `name`, or null. */
export const parseObjectId = (type: string, name: string): ObjectId | null => {
  if (type === 'config') return name === 'config' ? config : null;
  const named = parseNamedType(type);
  const parsed = parseObjectName(name);
  return named !== null && parsed !== null ? { type: named, name: parsed } : null;
};
