import type { Bytes, Millis } from '@berth/common/brand.ts';
import { formatDuration } from '@berth/common/duration.ts';
import { formatSize } from '@berth/common/size.ts';
import type { PublicKey } from '@berth/common/ssh-key.ts';
import { sftpPromise } from '../sftp/promise.ts';
import { type Change, said } from './change.ts';
import { describePeople, describePing, pingWord } from './describe-people.ts';
import { describePhone, phoneWord } from './describe-phone.ts';
import { describeSchedule, scheduleWord } from './describe-schedule.ts';
import type { ConfigDiff, SourceChange } from './diff.ts';
import type { Access, Source } from './source.ts';

/**
 * The diff in words, one effect a line, as `berth-server check` prints it: `+` comes, `-` goes, `~` changes, `!` can't
 * take effect by itself. One line says so where nothing changes.
 */
export const describeDiff = (diff: ConfigDiff): readonly string[] => {
  const lines = [
    ...diff.added.map((source) => describeAdded(source, diff.removed)),
    ...diff.removed.map(describeRemoved),
    ...diff.changed.flatMap(describeChange),
    ...(diff.port === null
      ? []
      : [`! port ${portWord(diff.port.from)} -> ${portWord(diff.port.to)}: after the next start`]),
    ...said('floor', diff.floorBytes, floorWord),
    ...said('scrub', diff.scrubMs, formatDuration),
    ...said('scrub_rate', diff.scrubRate, (rate) => `${formatSize(rate)}/s`),
    ...said('concurrency', diff.concurrency, String),
    ...said('time_zone', diff.timeZone, String),
    ...(diff.people === null ? [] : describePeople(diff.people)),
  ];
  return lines.length === 0 ? ['nothing changes'] : lines;
};

const describeAdded = (source: Source, removed: readonly Source[]): string => {
  const { name, uid, keys, quotaBytes, protectMs } = source;
  const who = source.ingest === null ? keys.map(keyWord).join(', ') : phoneWord(source);
  const ping = source.ping === null ? '' : `, ping ${pingWord(source.ping)}`;
  const facts = `UID ${uid}, ${who}, quota ${quotaWord(quotaBytes)}, protect ${formatDuration(protectMs)}${planWord(source)}${accessWord(source)}${ping}`;
  const renamed = removed.find((other) => isSameMachine(other, source));
  if (renamed === undefined) return `+ ${name}: ${facts}`;
  return `+ ${name}: ${facts}; if this is ${renamed.name} renamed: its backups stay under ${renamed.name} and ${name} starts empty`;
};

const isSameMachine = (one: Source, other: Source): boolean =>
  one.uid === other.uid ||
  (one.ingest !== null && one.ingest.folder === other.ingest?.folder) ||
  one.keys.some(({ blob }) => other.keys.some((key) => key.blob === blob));

const describeRemoved = ({ name, uid, ingest, media }: Source): string =>
  ingest !== null
    ? `- ${name}: it is no longer backed up${media === null ? '' : ' or mirrored'}; its backups${media === null ? '' : ' and its mirror'} stay (UID ${uid})`
    : `- ${name}: its sessions end and it can't log in; its backups stay (UID ${uid})`;

const describeChange = (change: SourceChange): readonly string[] => {
  const { name, after, keysAdded, keysRemoved, uid, quotaBytes, protectMs, brake, access, immutable, ping, schedule } =
    change;
  return [
    ...keysAdded.map((key) => `+ ${name}: ${keyWord(key)} is let in`),
    ...keysRemoved.map((key) => `- ${name}: ${keyWord(key)} is shut out, and its sessions end`),
    ...(uid === null
      ? []
      : [`! ${name}: UID ${uid.from} -> ${uid.to} is refused while its files belong to ${uid.from}`]),
    ...(quotaBytes === null ? [] : [`~ ${name}: quota ${quotaWord(quotaBytes.from)} -> ${quotaWord(quotaBytes.to)}`]),
    ...(protectMs === null ? [] : [`~ ${name}: protect ${describeProtect(protectMs.from, protectMs.to)}`]),
    ...said(`${name}: brake`, brake, percent),
    ...(access === null ? [] : [`~ ${name}: access ${describeAccess(access, after)}`]),
    ...(schedule === null ? [] : describeSchedule(name, schedule)),
    ...describePing(`${name}: ping`, ping),
    ...describePhone(name, change.ingest, change.media),
    ...(immutable === null || access !== null ? [] : [`~ ${name}: ${sftpPromise(after)}`]),
  ];
};

const describeProtect = (from: Millis, to: Millis): string => {
  const arrow = `${formatDuration(from)} -> ${formatDuration(to)}`;
  return to < from ? `${arrow}: what was deleted before that can be purged from now on` : arrow;
};

const percent = (share: number): string => `${Math.round(share * 100)}%`;

const describeAccess = ({ from, to }: Change<Access>, after: Source): string =>
  `${from} -> ${to}: its sessions end; what it stored by ${from} stays, out of its reach${accessWord(after)}`;

const accessWord = (source: Source): string => (source.access === 'restic' ? '' : `, by SFTP: ${sftpPromise(source)}`);

/** Nobody plans what comes by SFTP. */
const planWord = (source: Source): string => (source.access === 'sftp' ? '' : `, ${scheduleWord(source)}`);

const keyWord = ({ fingerprint, comment }: PublicKey): string =>
  `key ${fingerprint}${comment === '' ? '' : ` (${comment})`}`;

const quotaWord = (quota: Bytes | null): string => (quota === null ? 'none' : formatSize(quota));

const floorWord = (floor: Bytes | null): string => (floor === null ? '5 % of the disk' : formatSize(floor));

const portWord = (port: number | null): string => (port === null ? 'of the command line' : String(port));
