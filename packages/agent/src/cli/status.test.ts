import type { SourceState } from '@berth/common/control/usage.ts';
import { exitCode } from '@berth/common/problem.ts';
import type { Report } from '@berth/common/report.ts';
import { expect, test } from 'vitest';
import type { ServerStatus } from '../status/status.ts';
import { codeOf } from './status.ts';

const report = (outcome: Report['outcome']): Report => ({
  ...{ version: 1, run: crypto.randomUUID(), source: 'laptop', outcome, reason: null, message: null, remedy: null },
  ...{ startedAt: '2026-11-14T02:00:00Z', endedAt: '2026-11-14T02:10:00Z', attempts: 1, dryRun: false },
  versions: { berth: '0.1.0', restic: '0.14.0', node: '24', system: 'linux' },
  ...{ snapshot: 'e32c3a72', steps: [], dumps: [], stepsLeftOut: 0, warnings: [] },
});
const seenAs = (state: SourceState): ServerStatus => ({
  kind: 'reachable',
  usage: {
    ...{ version: 1, source: 'laptop', now: '2026-11-14T12:00:00Z', state, words: null, lastSuccessAt: null },
    ...{ nextSlotAt: null, overdueAfterMs: 172_800_000, stored: null, quotaBytes: null },
  },
});
type Known = Parameters<typeof codeOf>[0];
const well: Known = { last: report('ok'), lastSnapshot: report('ok'), isLate: false, server: { kind: 'not-asked' } };

test.for<[string, number, Partial<Known>]>([
  ['a snapshot that is new enough', exitCode.ok, {}],
  ['a server that sees it as fine, or warns', exitCode.ok, { server: seenAs('warned') }],
  ['a server without a coordinator', exitCode.ok, { server: { kind: 'reachable', usage: null } }],
  ['no run yet', exitCode.failed, { last: null, lastSnapshot: null }],
  ['runs, but never a snapshot', exitCode.failed, { last: report('cancelled'), lastSnapshot: null }],
  ['a last run that failed', exitCode.failed, { last: report('failed') }],
  ['a snapshot that is too old', exitCode.failed, { isLate: true }],
  ['overdue, says the server', exitCode.failed, { server: seenAs('overdue') }],
  ['failing, says the server', exitCode.failed, { server: seenAs('failing') }],
  ['unreadable, says the server', exitCode.failed, { server: seenAs('unreadable'), last: report('incomplete') }],
  ['files left out', exitCode.incomplete, { last: report('incomplete') }],
  ['a server that is away', exitCode.unreachable, { isLate: true, server: { kind: 'unreachable', detail: '' } }],
  ['a server that is another', exitCode.untrusted, { server: { kind: 'host-key-changed', detail: '' } }],
])('%s is exit code %i', ([, code, known]) => {
  expect(codeOf({ ...well, ...known })).toBe(code);
});
