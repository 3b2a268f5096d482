import { config as configId, type NamedType, type ObjectId, parseNamedType, parseObjectName } from '../store/object.ts';

/** What a request is about. The client never names a path: a URL is one of these, or it is nothing. */
export type Target =
  | { readonly kind: 'repository' }
  | { readonly kind: 'listing'; readonly type: NamedType }
  | { readonly kind: 'object'; readonly id: ObjectId };

/** The target of `path`, or null when there is no such thing (restic: doc/REST_backend.rst). */
export const route = (path: string): Target | null => {
  if (path === '/' || path === '/?create=true') return { kind: 'repository' };
  if (path === '/config') return { kind: 'object', id: configId };
  const [before, typeText, nameText, ...rest] = path.split('/');
  if (before !== '' || typeText === undefined || nameText === undefined || rest.length > 0) return null;
  const type = parseNamedType(typeText);
  if (type === null) return null;
  if (nameText === '') return { kind: 'listing', type };
  const name = parseObjectName(nameText);
  return name === null ? null : { kind: 'object', id: { type, name } };
};

/** The methods that a target answers to. */
export const methodsOf = (target: Target): readonly string[] => {
  switch (target.kind) {
    case 'repository':
      return ['POST', 'DELETE'];
    case 'listing':
      return ['GET'];
    case 'object':
      return ['HEAD', 'GET', 'POST', 'DELETE'];
  }
};
