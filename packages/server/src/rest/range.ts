/** Which bytes to answer with, both ends included as HTTP counts them, or that there are none. */
export type Range =
  | { readonly kind: 'all' }
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' };

const single = /^bytes=(\d{0,16})-(\d{0,16})$/;

/**
 * What a `Range` header asks of an object of `size` bytes (RFC 9110, 14.2). A header that is missing, malformed or asks
 * for several ranges means the whole object, which the RFC allows; so does any range of an empty object.
 */
export const parseRange = (header: string | undefined, size: number): Range => {
  const [, first, last] = single.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '') || size === 0) return { kind: 'all' };
  if (first === '') {
    const suffix = Math.min(Number(last), size);
    return suffix === 0 ? { kind: 'unsatisfiable' } : { kind: 'part', start: size - suffix, end: size - 1 };
  }
  const start = Number(first);
  const end = last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== '' && Number(last) < start) return { kind: 'all' };
  return start >= size ? { kind: 'unsatisfiable' } : { kind: 'part', start, end };
};
