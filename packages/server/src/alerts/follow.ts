import type { Condition } from '../events/condition.ts';
import type { Alert, Member } from './alert.ts';
import { moved, stepOf } from './clock.ts';
import { dayMs, hourMs } from './times.ts';

/** An alert, and those of its conditions that are so now. */
export interface Followed {
  readonly alert: Alert;
  readonly now: readonly Condition[];
}

/**
 * Conditions of one code are one alert as long as one more begins within a day: one reason shows at every source when its turn comes,
 * which may take a night. What begins later is a trouble of its own, of which people are told at once.
 */
const joinMs = dayMs;
/** What has been away for so long, and what was told to be over so long ago, is new when it comes back. */
const rememberMs = dayMs;
/** Of an alert that goes on without it, what has been away for so long is new too: people who are reminded once a week would not hear. */
const rememberAmongOthersMs = 6 * hourMs;
/** An hour away takes as much from the deadline as three minutes of being so add: what is so a twentieth of the time is told in the end. */
const forgetShare = 1 / 20;

/** Brings alerts up to what is so now; tells nobody anything. `changed`: something began, ended or was forgotten. */
export const follow = (
  alerts: readonly Alert[],
  conditions: readonly Condition[],
  nowMs: number,
): { readonly followed: readonly Followed[]; readonly changed: boolean } => {
  const groups: Group[] = alerts.map((before) => groupOf(before, nowMs));
  const byMember = new Map<string, Group>();
  const latest = new Map<string, Group>();
  for (const group of groups) {
    for (const member of group.alert.members) byMember.set(member.key, group);
    noteLatest(latest, group);
  }
  let changed = false;
  for (const condition of conditions) {
    const known = byMember.get(condition.key) ?? joinable(latest.get(condition.code), nowMs);
    const group = known ?? begun(condition, nowMs);
    if (known === undefined) {
      groups.push(group);
      noteLatest(latest, group);
    }
    group.now.push(condition);
  }
  const followed: Followed[] = [];
  for (const group of groups) {
    const alert = advanced(group, nowMs);
    if (alert === null || alert.members !== group.alert.members) changed = true;
    if (alert !== null) followed.push({ alert, now: group.now });
  }
  return { followed, changed };
};

interface Group {
  readonly alert: Alert;
  /** How long ago the last look was. */
  readonly elapsedMs: number;
  readonly now: Condition[];
}

const groupOf = (before: Alert, nowMs: number): Group => {
  const { elapsedMs, jumpMs } = stepOf(before.seenMs, nowMs);
  return { alert: moved(before, jumpMs), elapsedMs, now: [] };
};

const noteLatest = (latest: Map<string, Group>, group: Group): void => {
  const other = latest.get(group.alert.code);
  if (other === undefined || other.alert.joinedMs <= group.alert.joinedMs) latest.set(group.alert.code, group);
};

const joinable = (group: Group | undefined, nowMs: number): Group | undefined =>
  group !== undefined && nowMs - group.alert.joinedMs <= joinMs ? group : undefined;

const begun = ({ code, severity, since, key }: Condition, nowMs: number): Group => {
  // One that was so before anyone looked: the monitor was down, or is new.
  const { elapsedMs } = stepOf(Date.parse(since), nowMs);
  const alert: Alert = {
    ...{ key: `${code} ${since} ${key}`, code, severity, worst: severity, members: [], sources: [], title: '' },
    ...{ sinceMs: nowMs - elapsedMs, seenMs: nowMs, toldMs: null, told: 0, nextMs: null, open: false },
    ...{ soMs: elapsedMs, awayMs: null, joinedMs: nowMs, returns: 0, returnedMs: null, returnsTold: 0 },
    ...{ reminders: 0, joins: 0, recentMs: [] },
  };
  return { alert, elapsedMs: 0, now: [] };
};

/** The alert as it is now; null when there is nothing more to remember. */
const advanced = ({ alert, elapsedMs, now }: Group, nowMs: number): Alert | null => {
  const isSo = now.length > 0;
  const wasSo = alert.awayMs === null;
  const soMs = wasSo ? alert.soMs + elapsedMs : Math.max(0, alert.soMs - elapsedMs * forgetShare);
  const quietSince = Math.max(alert.awayMs ?? nowMs, alert.toldMs ?? 0);
  if (!isSo && !alert.open && (alert.told === 0 ? soMs === 0 && !wasSo : nowMs - quietSince > rememberMs)) return null;
  const returned = isSo && !wasSo;
  const isSteady = alert.returnedMs !== null && nowMs - alert.returnedMs > rememberMs;
  const members = membersNow(alert.members, now, nowMs);
  const hasJoined = members.length > 0 && members.at(-1)?.sinceMs === nowMs;
  return {
    ...alert,
    ...{ members, soMs, seenMs: nowMs, awayMs: isSo ? null : (alert.awayMs ?? nowMs) },
    sources: members === alert.members ? alert.sources : sourcesOf(members),
    joinedMs: hasJoined ? nowMs : alert.joinedMs,
    returns: (isSteady ? 0 : alert.returns) + (returned ? 1 : 0),
    returnedMs: returned ? nowMs : isSteady ? null : alert.returnedMs,
    returnsTold: isSteady ? 0 : alert.returnsTold,
    // What was told to be over begins anew.
    ...(returned && !alert.open && alert.told > 0 ? { sinceMs: beginning(now, nowMs) } : {}),
    recentMs: alert.recentMs.some((atMs) => nowMs - atMs >= dayMs)
      ? alert.recentMs.filter((atMs) => nowMs - atMs < dayMs)
      : alert.recentMs,
  };
};

/** The same array where nothing has changed; who is new stands last. */
const membersNow = (members: Member[], now: readonly Condition[], nowMs: number): Member[] => {
  const left = new Map(now.map((condition) => [condition.key, condition]));
  let changed = false;
  const kept: Member[] = [];
  for (const member of members) {
    const isSo = left.delete(member.key);
    if (!isSo && isForgotten(member, now, nowMs)) changed = true;
    else if (isSo === (member.awayMs === null)) kept.push(member);
    else {
      changed = true;
      kept.push({ ...member, awayMs: isSo ? null : nowMs });
    }
  }
  for (const { key, source } of left.values()) {
    changed = true;
    kept.push({ key, source, sinceMs: nowMs, awayMs: null, told: false });
  }
  return changed ? kept : members;
};

const isForgotten = ({ awayMs }: Member, now: readonly Condition[], nowMs: number): boolean =>
  now.length > 0 && awayMs !== null && nowMs - awayMs > rememberAmongOthersMs;

const sourcesOf = (members: readonly Member[]): string[] => [
  ...new Set(members.map(({ source }) => source).filter((source) => source !== null)),
];

/** When the first of these began. */
const beginning = (now: readonly Condition[], nowMs: number): number =>
  now.reduce((first, { since }) => Math.min(first, nowMs - stepOf(Date.parse(since), nowMs).elapsedMs), nowMs);
