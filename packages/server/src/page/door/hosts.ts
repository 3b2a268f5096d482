import { isIP } from 'node:net';

/**
 * Whether somebody who asked for this `Host` may be answered. A web site that points its own name at this machine (DNS rebinding) asks under
 * that name, so only names that the admin wrote, loopback's and numeric addresses are taken: no web site has one of those.
 */
export const isOurHost = (header: string | undefined, names: readonly string[]): boolean => {
  const name = nameIn(header ?? '');
  if (name === null) return false;
  if (name === 'localhost' || name.endsWith('.localhost') || isIP(name) !== 0) return true;
  return names.some((ours) => nameIn(ours) === name);
};

/** The name without its port, in lower case; null for what is none. */
const nameIn = (host: string): string | null => {
  const match = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9_.-]{1,253}))(?::\d{1,5})?$/i.exec(host);
  const name = (match?.[1] ?? match?.[2] ?? '').toLowerCase().replace(/\.$/, '');
  return name === '' ? null : name;
};
