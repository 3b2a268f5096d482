import { printable } from '@berth/common/parsed.ts';
import { formatFinding } from '@berth/common/yaml/finding.ts';
import { describeJail } from '../session/jail-detect.ts';
import { isolationOf } from '../supervisor/mode.ts';
import type { CheckResult } from './check.ts';
import { fleetNotes, fleetTable, phoneNotes } from './fleet-table.ts';
import { paint } from './paint.ts';
import type { ServerStatus, SourceStatus } from './status.ts';
import { table } from './table.ts';

/** `status` as a person reads it, but for what is wrong now. `nowMs` is UTC milliseconds. */
export const printStatus = (status: ServerStatus, nowMs: number): string => {
  const { up, server, sources, conditions, clockTrusted, timeZone, tight } = status;
  if (server === null) return 'No server has run on this data directory yet. Start one: berth-server run\n';
  const { address, port, pid, mode, hostKey, jail, config, appliedAt, refused } = server;
  const state = up ? `${paint('green', 'up')}, pid ${pid}` : paint('red', 'down');
  return text([
    `server        ${state}${up && server.sshdPid === null ? `, ${paint('red', 'sshd is down')}` : ''}`,
    `coordinator   ${coordinatorWords(status)}`,
    `monitor       ${monitorWords(status)}`,
    `listens       ${address ?? 'every address'}, port ${port}`,
    `host key      ${hostKey.fingerprint}`,
    `mode          ${mode}: ${isolationOf[mode]}`,
    `jail          ${jail.kind === 'none' ? paint('yellow', describeJail(jail)) : describeJail(jail)}`,
    `config        ${config}, in force since ${appliedAt ?? 'never'}`,
    ...(clockTrusted ? [] : [paint('red', 'clock         NOT TRUSTED, so nothing is purged: see berth-server clock')]),
    ...(refused === null
      ? []
      : [
          paint('red', `The file was refused at ${refused.at}; the last good one is in force:`),
          ...refused.findings.map(({ message, remedy }) => `  ${message}\n      ${remedy}`),
        ]),
    '',
    ...(sources.length === 0 ? [noSources] : fleetTable(sources, { nowMs, timeZone })),
    ...phoneNotes(sources, nowMs),
    ...fleetNotes(sources, conditions),
    ...(conditions.some(({ code }) => code === 'plan-tight') ? [] : tight.flatMap(tightLines)),
  ]);
};

/** Whose word the slots are. */
const coordinatorWords = ({ coordinator, coordinatorTrouble, concurrency, timeZone }: ServerStatus): string => {
  if (coordinatorTrouble !== null) return paint('red', `what it knows can not be read: ${coordinatorTrouble}`);
  if (coordinator === 'none') return paint('yellow', 'has not run here yet: nothing is planned');
  if (coordinator === 'down') return `${paint('red', 'down')}: slots are the last known ones`;
  return `${paint('green', 'up')}, ${concurrency} at once, by the clock of ${timeZone}`;
};

/** Whether people are told, and where they can look. */
const monitorWords = ({ monitor, page }: ServerStatus): string => {
  if (monitor === 'none') return paint('yellow', 'has not run here yet: nobody is told of anything');
  if (monitor === 'down') return `${paint('red', 'down')}: nobody is told of anything`;
  return `${paint('green', 'up')}, ${page === null ? 'without a page' : `page ${page}`}`;
};

const tightLines = ({ text: words, remedy }: ServerStatus['tight'][number]): readonly string[] => [
  paint('yellow', printable(words, 1000)),
  `  ${printable(remedy, 1000)}`,
];

const noSources = 'No sources yet. `berth enroll` on a machine prints the lines for sources.yaml.';

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

/** `check` as a person reads it. */
export const printCheck = ({ findings, warnings, silent, changes, sources }: CheckResult): string =>
  text([
    ...findings.map(printFinding),
    ...silent.map(printFinding),
    ...warnings.map((warning) => `${paint('yellow', 'warning')} ${printFinding(warning)}`),
    ...(findings.length === 0 ? changes : []),
    findings.length === 0
      ? validWord(sources, silent.length)
      : paint('red', `refused: ${count(findings.length, 'mistake')}`),
  ]);

const validWord = (sources: number, silent: number): string => {
  const valid = `valid: ${count(sources, 'source')}`;
  return silent === 0
    ? paint('green', valid)
    : paint('yellow', `${valid}, but what is named above stays silent for want of its secret`);
};

const printFinding = (finding: CheckResult['findings' | 'silent' | 'warnings'][number]): string => {
  if ('line' in finding) return formatFinding(finding);
  const whose = 'source' in finding ? `${finding.source}: ` : '';
  return `${whose}${finding.message}\n    ${finding.remedy}`;
};

const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? '' : 's'}`;

const text = (lines: readonly string[]): string => `${lines.join('\n')}\n`;
