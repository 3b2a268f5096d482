import { createHash } from 'node:crypto';

/** The range hinted UIDs come from: above people and packages, below what systemd and containers take for themselves (61184 up). */
const firstUid = 20_000;
const uidCount = 40_000;

/**
 * A UID for the source that is likely free: the agent cannot know which are taken, so it derives one from the name. Fifty machines
 * collide with a chance of 3 %, and then the server says so and names the other.
 */
export const suggestUid = (name: string): number =>
  firstUid + (createHash('sha256').update(name.toLowerCase()).digest().readUInt32BE(0) % uidCount);

/** The entry for `sources.yaml`, to be pasted under `sources:`. Two spaces deep, one line, as the examples have it. */
export const sourceLine = (name: string, publicKey: string): string =>
  `  ${yamlKey(name)}: { uid: ${suggestUid(name)}, key: '${publicKey.replaceAll("'", "''")}' }`;

/** Names that YAML 1.1 or 1.2 would read as something else than text get quotes. */
const yamlKey = (name: string): string =>
  /^(?:true|false|yes|no|on|off|null|y|n)$/i.test(name) || !/^[A-Za-z][A-Za-z0-9.-]*$/.test(name) ? `'${name}'` : name;
