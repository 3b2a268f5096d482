import { styleText } from 'node:util';
import { formatSize, isBytes } from '@berth/common/size.ts';
import { formatFinding } from '@berth/common/yaml/finding.ts';
import type { SourceUsage } from '../jobs/usage.ts';
import { describeJail } from '../session/jail-detect.ts';
import { sftpPromise } from '../sftp/promise.ts';
import { isolationOf } from '../supervisor/mode.ts';
import { forHowLong } from './age.ts';
import type { CheckResult } from './check.ts';
import type { ServerStatus, SourceStatus } from './status.ts';
import type { Scrubbed, Stored } from './stored.ts';
import { table } from './table.ts';

/** Colours for a terminal that wants them: `styleText` looks at the stream and at NO_COLOR itself. */
const paint = (format: 'green' | 'red' | 'yellow' | 'bold', text: string): string =>
  styleText(format, text, { stream: process.stdout });

/** `status` as a person reads it, but for what is wrong now. */
export const printStatus = ({ up, server, sources, clockTrusted }: ServerStatus, now: number): string => {
  if (server === null) return 'No server has run on this data directory yet. Start one: berth-server run\n';
  const { address, port, pid, mode, hostKey, jail, config, appliedAt, refused } = server;
  const state = up ? `${paint('green', 'up')}, pid ${pid}` : paint('red', 'down');
  return text([
    `server    ${state}${up && server.sshdPid === null ? `, ${paint('red', 'sshd is down')}` : ''}`,
    `listens   ${address ?? 'every address'}, port ${port}`,
    `host key  ${hostKey.fingerprint}`,
    `mode      ${mode}: ${isolationOf[mode]}`,
    `jail      ${jail.kind === 'none' ? paint('yellow', describeJail(jail)) : describeJail(jail)}`,
    `config    ${config}, in force since ${appliedAt ?? 'never'}`,
    ...(clockTrusted ? [] : [paint('red', 'clock     NOT TRUSTED, so nothing is purged: see berth-server clock')]),
    ...(refused === null
      ? []
      : [
          paint('red', `The file was refused at ${refused.at}; the last good one is in force:`),
          ...refused.findings.map(({ message, remedy }) => `  ${message}\n      ${remedy}`),
        ]),
    '',
    ...statusTable(sources, now),
    ...sources.flatMap(({ name, sftp }) =>
      sftp?.readOnly ? [paint('red', `${name} is READ-ONLY: ${sftp.readOnly}`)] : [],
    ),
  ]);
};

/** `status SOURCE` as a person reads it, but for what is wrong with it now; `usage` is counted just now. */
export const printSource = (source: SourceStatus, usage: SourceUsage | null, now: number): string =>
  text([
    `source         ${paint('bold', source.name)}`,
    `uid            ${source.uid}`,
    ...source.keys.map((key) => `key            ${key}`),
    `sessions       ${source.sessions}`,
    `last activity  ${source.lastActivity ?? 'never'}`,
    ...(source.access === 'sftp' ? sftpLines(source) : [...usageLines(source, usage), ...storedLines(source, now)]),
    `quota          ${source.quotaBytes === null ? 'none' : formatSize(source.quotaBytes)}${percentWords(source)}`,
  ]);

const usageLines = ({ stored }: SourceStatus, usage: SourceUsage | null): readonly string[] => {
  const known = usage ?? stored;
  if (known === null) return ['usage          known while the server runs'];
  return [
    `live           ${formatSize(known.live.bytes)} in ${count(known.live.objects, 'object')}`,
    `trash          ${formatSize(known.trash.bytes)} in ${count(known.trash.objects, 'object')}`,
  ];
};

const storedLines = ({ stored }: SourceStatus, now: number): readonly string[] => {
  if (stored === null) return ['reviewed       not yet'];
  const { locks, scrub, frozen, damaged } = stored;
  return [
    ...(frozen === null ? [] : [paint('red', `FROZEN         since ${frozen.since}: nothing of its trash is purged`)]),
    `snapshots      ${stored.snapshots}`,
    `locks          ${locks.count === 0 ? 'none' : `${locks.count}, the oldest ${forHowLong(lockAge(stored, now))} old`}`,
    ...(damaged === 0 ? [] : [paint('red', `damaged        ${count(damaged, 'object')} in quarantine or lost`)]),
    `scrub          ${scrub === null ? 'not yet' : scrubWords(scrub, now)}`,
    `reviewed       ${ago(stored.at, now)}`,
  ];
};

const scrubWords = ({ at, percent, startedAt, endedAt, bad }: Scrubbed, now: number): string => {
  const found = bad === 0 ? 'nothing bad' : paint('red', `${bad} bad`);
  return endedAt === null
    ? `${percent} % of everything since ${startedAt}, ${found}; last ${ago(at, now)}`
    : `everything from ${startedAt} to ${endedAt}, ${found}`;
};

const percentWords = ({ stored }: SourceStatus): string => {
  const percent = stored?.quotaPercent ?? null;
  return percent === null ? '' : `, ${quotaPaint(percent)} used`;
};

const sftpLines = (source: SourceStatus): readonly string[] => {
  const { usedBytes = null, at = null, failure = null, unreadable = 0, readOnly = null } = source.sftp ?? {};
  const used = usedBytes !== null && isBytes(usedBytes) ? `${formatSize(usedBytes)}, looked at ${at}` : 'not known yet';
  return [
    `access         sftp: ${sftpPromise(source)}`,
    `used           ${used}`,
    ...(unreadable === 0
      ? []
      : [paint('yellow', `unreadable     ${unreadable} files or folders it has closed to all`)]),
    ...(failure === null ? [] : [paint('red', `failure        ${failure}`)]),
    ...(readOnly === null ? [] : [paint('red', `READ-ONLY      ${readOnly}`)]),
  ];
};

const noSources = 'No sources yet. `berth enroll` on a machine prints the lines for sources.yaml.';

/** What every source stores and how it is, one a line. `-` is what is not known yet. */
export const statusTable = (sources: readonly SourceStatus[], now: number): readonly string[] => {
  if (sources.length === 0) return [noSources];
  const lines = table([
    ['SOURCE', 'LIVE', 'TRASH', 'QUOTA', 'SNAPSHOTS', 'LOCKS', 'SCRUB', 'SESSIONS', 'CHANGED', 'STATE'],
    ...sources.map(({ name, stored, sftp, quotaBytes, sessions, lastActivity }) => [
      name,
      sizeOf(stored?.live.bytes ?? sftp?.usedBytes ?? null),
      sizeOf(stored?.trash.bytes ?? null),
      quotaBytes === null ? 'none' : stored?.quotaPercent == null ? '-' : `${stored.quotaPercent} %`,
      stored === null ? '-' : String(stored.snapshots),
      stored === null ? '-' : locksCell(stored, now),
      stored?.scrub == null ? '-' : `${stored.scrub.percent} %`,
      String(sessions),
      lastActivity === null ? 'never' : ago(lastActivity, now),
      [
        stored?.frozen ? 'FROZEN' : '',
        stored !== null && stored.damaged > 0 ? 'DAMAGED' : '',
        sftp?.readOnly ? 'READ-ONLY' : '',
      ]
        .filter((word) => word !== '')
        .join(' ') || 'ok',
    ]),
  ]);
  const colours = lines.map((line) => (/ [A-Z-]+$/.test(line) ? paint('red', line) : line));
  const oldest = sources
    .map(({ stored }) => stored?.at ?? null)
    .filter((at) => at !== null)
    .sort()[0];
  return [
    lines[0] ?? '',
    ...colours.slice(1),
    ...(oldest === undefined ? [] : [`As the server's reviews found it, the oldest ${ago(oldest, now)}.`]),
  ];
};

const locksCell = (stored: Stored, now: number): string =>
  stored.locks.count === 0 ? '0' : `${stored.locks.count}, ${forHowLong(lockAge(stored, now))}`;

/** It has gone on standing since the review, for all that is known. */
const lockAge = ({ at, locks }: Stored, now: number): number =>
  (locks.oldestAgeMs ?? 0) + Math.max(0, now - Date.parse(at));

/** The table of sources that are in force, one a line. */
export const sourceTable = (sources: readonly SourceStatus[]): readonly string[] => {
  if (sources.length === 0) return [noSources];
  return table([
    ['SOURCE', 'UID', 'KEYS', 'SESSIONS', 'LAST ACTIVITY'],
    ...sources.map(({ name, uid, keys, sessions, lastActivity }) => [
      name,
      String(uid),
      String(keys.length),
      String(sessions),
      lastActivity ?? 'never',
    ]),
  ]);
};

const sizeOf = (bytes: number | null): string => (bytes !== null && isBytes(bytes) ? formatSize(bytes) : '-');

const ago = (at: string, now: number): string => `${forHowLong(now - Date.parse(at))} ago`;

const quotaPaint = (percent: number): string => {
  if (percent < 80) return `${percent} %`;
  return paint(percent < 95 ? 'yellow' : 'red', `${percent} %`);
};

/** `check` as a person reads it. */
export const printCheck = ({ findings, warnings, changes, sources }: CheckResult): string =>
  text([
    ...findings.map(printFinding),
    ...warnings.map((warning) => `${paint('yellow', 'warning')} ${formatFinding(warning)}`),
    ...(findings.length === 0 ? changes : []),
    findings.length === 0
      ? paint('green', `valid: ${count(sources, 'source')}`)
      : paint('red', `refused: ${count(findings.length, 'mistake')}`),
  ]);

const printFinding = (finding: CheckResult['findings'][number]): string => {
  if ('line' in finding) return formatFinding(finding);
  const whose = 'source' in finding ? `${finding.source}: ` : '';
  return `${whose}${finding.message}\n    ${finding.remedy}`;
};

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;

const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
