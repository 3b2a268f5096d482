import { styleText } from 'node:util';
import { formatSize, isBytes } from '@berth/common/size.ts';
import { formatFinding } from '@berth/common/yaml/finding.ts';
import type { SourceUsage } from '../jobs/usage.ts';
import { describeJail } from '../session/jail-detect.ts';
import { sftpPromise } from '../sftp/promise.ts';
import { isolationOf } from '../supervisor/mode.ts';
import type { CheckResult } from './check.ts';
import type { ServerStatus, SourceStatus } from './status.ts';

/** Colours for a terminal that wants them: `styleText` looks at the stream and at NO_COLOR itself. */
const paint = (format: 'green' | 'red' | 'yellow' | 'bold', text: string): string =>
  styleText(format, text, { stream: process.stdout });

/** `status` as a person reads it. */
export const printStatus = ({ up, server, sources }: ServerStatus): string => {
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
    ...(refused === null
      ? []
      : [
          paint('red', `The file was refused at ${refused.at}; the last good one is in force:`),
          ...refused.findings.map(({ message, remedy }) => `  ${message}\n      ${remedy}`),
        ]),
    '',
    ...sourceTable(sources),
    ...sources.flatMap(({ name, sftp }) =>
      sftp?.readOnly ? [paint('red', `${name} is READ-ONLY: ${sftp.readOnly}`)] : [],
    ),
  ]);
};

/** `status SOURCE` as a person reads it. */
export const printSource = (source: SourceStatus, usage: SourceUsage | null): string =>
  text([
    `source         ${paint('bold', source.name)}`,
    `uid            ${source.uid}`,
    ...source.keys.map((key) => `key            ${key}`),
    `sessions       ${source.sessions}`,
    `last activity  ${source.lastActivity ?? 'never'}`,
    ...(source.access === 'sftp' ? sftpLines(source) : usageLines(usage)),
    `quota          ${source.quotaBytes === null ? 'none' : formatSize(source.quotaBytes)}`,
  ]);

const usageLines = (usage: SourceUsage | null): readonly string[] =>
  usage === null
    ? ['usage          known while the server runs']
    : [
        `live           ${formatSize(usage.live.bytes)} in ${usage.live.objects} objects`,
        `trash          ${formatSize(usage.trash.bytes)} in ${usage.trash.objects} objects`,
      ];

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

/** The table of sources, one a line. */
export const sourceTable = (sources: readonly SourceStatus[]): readonly string[] => {
  if (sources.length === 0) return ['No sources yet. `berth enroll` on a machine prints the lines for sources.yaml.'];
  const rows = [
    ['SOURCE', 'UID', 'KEYS', 'SESSIONS', 'LAST ACTIVITY'],
    ...sources.map(({ name, uid, keys, sessions, lastActivity }) => [
      name,
      String(uid),
      String(keys.length),
      String(sessions),
      lastActivity ?? 'never',
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
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
