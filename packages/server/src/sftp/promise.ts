import type { Source } from '../sources/source.ts';

/** In one sentence what SFTP does for this source and what it does not, wherever someone is about to rely on it. */
export const sftpPromise = ({ immutable }: Pick<Source, 'immutable'>): string =>
  `${immutable ? kept : 'it can overwrite and delete its files for good'}; what it was told is stored may not be on the disk yet; the quota is checked, not enforced byte by byte`;

const kept = 'what stood 10 s and a pass is kept for protect after it is overwritten or deleted';
