import { expect, test } from 'vitest';
import { conditionOf, startMs, Watcher } from './testing.ts';
import { dayMs, hourMs, minuteMs } from './times.ts';

const briefly = (watcher: Watcher) =>
  watcher.messages.map(({ kind, title, atMs }) => `${(atMs - startMs) / hourMs}h ${kind}: ${title}`);

test('a trouble is told once, again after one, two, four and eight days, and when it is over, with how long it was', () => {
  const watcher = new Watcher();
  const overdue = [conditionOf('overdue', 'laptop', startMs, { severity: 'critical' })];
  watcher.stay(startMs, startMs + minuteMs + 23 * dayMs + hourMs, overdue);
  watcher.stay(startMs + minuteMs + 23 * dayMs + hourMs, startMs + 30 * dayMs, []);
  const day = (days: number) => `${days * 24 + 1 / 60}h`;
  expect(briefly(watcher)).toEqual([
    `${day(0)} raised: laptop is overdue`,
    ...[1, 3, 7, 15, 23].map((days) => `${day(days)} reminder: Still: laptop is overdue`),
    expect.stringMatching(/resolved: Over after 23d1h: laptop is overdue$/),
  ]);
});

test('what heals itself within its deadline is told to nobody', () => {
  const watcher = new Watcher();
  const failing = [conditionOf('run-failing', 'laptop', startMs)];
  watcher.stay(startMs, startMs + 14 * minuteMs, failing);
  watcher.stay(startMs + 14 * minuteMs, startMs + dayMs, []);
  expect(watcher.messages).toEqual([]);
  expect(watcher.alerts).toEqual([]);
});

test('what was so before anyone looked has its deadline behind it', () => {
  const watcher = new Watcher();
  expect(watcher.look(startMs, [conditionOf('run-failing', 'laptop', startMs - hourMs)])).toHaveLength(1);
});

test('what becomes worse is told at once, and only once', () => {
  const watcher = new Watcher();
  const bad = (severity: 'warning' | 'critical') => [conditionOf('bit-rot', 'laptop', startMs, { severity })];
  watcher.stay(startMs, startMs + hourMs, bad('warning'));
  expect(watcher.look(startMs + hourMs, bad('critical'))).toMatchObject([
    { kind: 'raised', severity: 'critical', title: 'Worse: Files of laptop were damaged' },
  ]);
  for (let minutes = 61; minutes < 20 * 60; minutes++)
    watcher.look(startMs + minutes * minuteMs, bad(minutes % 2 === 0 ? 'critical' : 'warning'));
  expect(watcher.messages).toHaveLength(2);
});

test('who was told of the worst is told of the end, though it was better before', () => {
  const watcher = new Watcher();
  const bad = (severity: 'warning' | 'critical') => [conditionOf('bit-rot', 'laptop', startMs, { severity })];
  watcher.stay(startMs, startMs + hourMs, bad('critical'));
  watcher.stay(startMs + hourMs, startMs + 2 * dayMs, bad('warning'));
  watcher.stay(startMs + 2 * dayMs, startMs + 3 * dayMs, []);
  expect(watcher.messages.map(({ kind, severity }) => `${kind} ${severity}`)).toEqual([
    'raised critical',
    'reminder warning',
    'resolved critical',
  ]);
});

test('sources that fail for one reason are one message that names them', () => {
  const watcher = new Watcher();
  const names = ['laptop', 'desktop', 'router', 'nas', 'media'];
  const gone = names.map((name) => conditionOf('storage-unreadable', name, startMs, { severity: 'critical' }));
  watcher.stay(startMs, startMs + hourMs, gone);
  expect(watcher.messages).toMatchObject([
    { title: 'The storage of laptop, desktop, router and 2 more can not be read', sources: names },
  ]);
  expect(watcher.messages[0]?.body).toContain('- media: media has storage-unreadable.');
  watcher.stay(startMs + hourMs, startMs + 2 * hourMs, []);
  expect(watcher.messages.slice(1)).toMatchObject([{ kind: 'resolved', sources: names }]);
});

test('sources that follow one after the other are told together, ever more seldom, and none is missed', () => {
  const watcher = new Watcher();
  const count = 30;
  for (let minutes = 0; minutes < 30 * 60; minutes += 5) {
    const so = Array.from({ length: Math.min(count, Math.floor(minutes / 40) + 1) }, (_, index) =>
      conditionOf('run-failing', `m${index}`, startMs + index * 40 * minuteMs),
    );
    watcher.look(startMs + minutes * minuteMs, so);
  }
  expect(watcher.messages.length).toBeLessThanOrEqual(6);
  expect(watcher.messages.at(-1)?.sources).toHaveLength(count);
  expect(watcher.messages[1]?.body).toContain('New: m1.');
});

test('one that joins and is worse is told at once', () => {
  const watcher = new Watcher();
  const first = conditionOf('bit-rot', 'laptop', startMs);
  watcher.stay(startMs, startMs + 5 * minuteMs, [first]);
  const worse = conditionOf('bit-rot', 'desktop', startMs + 5 * minuteMs, { severity: 'critical' });
  expect(watcher.look(startMs + 5 * minuteMs, [first, worse])).toMatchObject([
    { kind: 'raised', severity: 'critical' },
  ]);
});

test('one that begins days later is a trouble of its own', () => {
  const watcher = new Watcher();
  const laptop = conditionOf('overdue', 'laptop', startMs, { severity: 'critical' });
  watcher.stay(startMs, startMs + 5 * dayMs, [laptop], 10 * minuteMs);
  const desktop = conditionOf('overdue', 'desktop', startMs + 5 * dayMs, { severity: 'critical' });
  const told = watcher.stay(startMs + 5 * dayMs, startMs + 5 * dayMs + 5 * minuteMs, [laptop, desktop]);
  expect(told).toMatchObject([{ kind: 'raised', title: 'desktop is overdue', sources: ['desktop'] }]);
});

test('one that was well for hours is told again, though its alert went on with others', () => {
  const watcher = new Watcher();
  const since = (hours: number) => startMs + hours * hourMs;
  const [laptop, desktop] = ['laptop', 'desktop'].map((name) => conditionOf('run-failing', name, startMs));
  if (laptop === undefined || desktop === undefined) throw new Error('no conditions');
  watcher.stay(since(0), since(1), [laptop, desktop]);
  watcher.stay(since(1), since(8), [laptop], 5 * minuteMs);
  const told = watcher.stay(since(8), since(10), [laptop, { ...desktop, since: new Date(since(8)).toISOString() }]);
  expect(told).toMatchObject([{ kind: 'reminder', sources: ['laptop', 'desktop'] }]);
  expect(told[0]?.body).toContain('New: desktop.');
});

test('in quiet hours only what is critical is told; the rest when they are over, if it is still so', () => {
  const watcher = new Watcher({ quiet: { from: 22 * 60, to: 7 * 60 }, timeZone: 'Europe/Berlin' });
  const night = Date.parse('2026-11-21T22:00:00Z');
  const [failing, healed] = [conditionOf('run-failing', 'laptop', night), conditionOf('plan-tight', null, night)];
  const overdue = conditionOf('overdue', 'desktop', night, { severity: 'critical' });
  watcher.stay(night, night + 4 * hourMs, [failing, healed, overdue]);
  expect(watcher.messages).toMatchObject([{ code: 'overdue' }]);
  // Its end is told to those it woke.
  watcher.stay(night + 4 * hourMs, Date.parse('2026-11-22T05:59:00Z'), [failing]);
  expect(watcher.messages.slice(1)).toMatchObject([{ kind: 'resolved', code: 'overdue' }]);
  watcher.stay(Date.parse('2026-11-22T06:00:00Z'), Date.parse('2026-11-22T08:00:00Z'), [failing]);
  expect(watcher.messages.slice(2)).toMatchObject([
    { kind: 'raised', code: 'run-failing', atMs: Date.parse('2026-11-22T06:00:00Z') },
  ]);
});

test('at night nobody is reminded, nor told that a warning is over', () => {
  const watcher = new Watcher({ quiet: { from: 22 * 60, to: 7 * 60 } });
  const at = (time: string) => Date.parse(`2026-11-${time}:00Z`);
  const overdue = conditionOf('overdue', 'desktop', at('21T02:00'), { severity: 'critical' });
  const failing = conditionOf('run-failing', 'laptop', at('21T20:00'));
  watcher.stay(at('21T02:00'), at('21T20:00'), [overdue]);
  watcher.stay(at('21T20:00'), at('21T23:00'), [overdue, failing]);
  watcher.stay(at('21T23:00'), at('22T09:00'), [overdue]);
  expect(watcher.messages.map(({ kind, code, atMs }) => [kind, code, atMs])).toEqual([
    ['raised', 'overdue', at('21T02:01')],
    ['raised', 'run-failing', at('21T20:15')],
    ['reminder', 'overdue', at('22T07:00')],
    ['resolved', 'run-failing', at('22T07:00')],
  ]);
});

test('at night nobody is woken by a warning that joins what is critical', () => {
  const watcher = new Watcher({ quiet: { from: 22 * 60, to: 7 * 60 } });
  const nightMs = Date.parse('2026-11-21T22:00:00Z');
  const rot = (source: string, severity: 'critical' | 'warning') =>
    conditionOf('bit-rot', source, nightMs, { severity });
  watcher.stay(nightMs, nightMs + hourMs, [rot('laptop', 'critical')]);
  watcher.stay(nightMs + hourMs, nightMs + 4 * hourMs, [rot('laptop', 'critical'), rot('desktop', 'warning')]);
  expect(watcher.messages).toHaveLength(1);
  const three = [rot('laptop', 'critical'), rot('desktop', 'warning'), rot('router', 'critical')];
  watcher.stay(nightMs + 4 * hourMs, nightMs + 5 * hourMs, three);
  expect(watcher.messages.slice(1)).toMatchObject([{ kind: 'reminder', sources: ['laptop', 'desktop', 'router'] }]);
});

test('on the two odd nights quiet hours are by the clock on the wall', () => {
  // The clock goes from 3 back to 2 at 01:00 UTC, and from 2 to 3.
  for (const [day, wakesAt] of [
    ['2026-10-25', '02:00'],
    ['2027-03-28', '01:00'],
  ] as const) {
    const watcher = new Watcher({ quiet: { from: 60, to: 180 }, timeZone: 'Europe/Berlin' });
    const midnight = Date.parse(`${day}T00:00:00Z`);
    watcher.stay(midnight, midnight + 4 * hourMs, [conditionOf('run-failing', 'laptop', midnight)]);
    expect(watcher.messages.map(({ atMs }) => new Date(atMs).toISOString().slice(11, 16))).toEqual([wakesAt]);
  }
});

test('what was over has to last its deadline anew', () => {
  const watcher = new Watcher();
  watcher.stay(startMs, startMs + 5 * hourMs, [conditionOf('run-failing', 'laptop', startMs)]);
  watcher.stay(startMs + 5 * hourMs, startMs + 6 * hourMs, []);
  expect(watcher.messages).toHaveLength(2);
  const again = [conditionOf('run-failing', 'laptop', startMs + 6 * hourMs)];
  expect(watcher.stay(startMs + 6 * hourMs, startMs + 6 * hourMs + 15 * minuteMs, again)).toEqual([]);
  expect(watcher.look(startMs + 6 * hourMs + 15 * minuteMs, again)).toHaveLength(1);
});

test('a notice has its message too, for channels that ask for notices', () => {
  const watcher = new Watcher();
  watcher.stay(startMs, startMs + hourMs, [conditionOf('some-news', 'laptop', startMs, { severity: 'notice' })]);
  expect(watcher.messages).toMatchObject([{ kind: 'raised', severity: 'notice' }]);
});

test('a restart in the middle changes nothing, and the same moment decided twice makes the same message', () => {
  const [on, off] = [new Watcher(), new Watcher()];
  for (let minutes = 0; minutes < 3 * 24 * 60; minutes += 5) {
    const nowMs = startMs + minutes * minuteMs;
    const so = [
      ...(minutes % 100 < 50 ? [conditionOf('overdue', 'laptop', startMs, { severity: 'critical' })] : []),
      ...(minutes < 1500 ? [conditionOf('run-failing', `m${Math.floor(minutes / 300)}`, startMs)] : []),
    ];
    expect(on.look(nowMs, so)).toEqual(off.look(nowMs, so));
    on.restart();
  }
  expect(on.alerts).toEqual(off.alerts);
  const [one, two] = [new Watcher(), new Watcher()];
  const so = [conditionOf('disk-failing', 'laptop', startMs, { severity: 'critical' })];
  // Killed between telling and saving.
  expect(one.look(startMs, so)[0]?.id).toBe(two.look(startMs + 3000, so)[0]?.id);
});

test('a clock that jumps makes neither a storm nor a silence', () => {
  for (const jumpMs of [365 * dayMs, -365 * dayMs, -56 * 365 * dayMs, hourMs, -hourMs]) {
    const watcher = new Watcher();
    const so = Array.from({ length: 8 }, (_, index) =>
      conditionOf(`trouble-${index}`, 'laptop', startMs, { severity: 'critical' }),
    );
    watcher.stay(startMs, startMs + hourMs, so);
    expect(watcher.messages).toHaveLength(8);
    const thenMs = startMs + hourMs + jumpMs;
    const more = conditionOf('mass-delete', 'desktop', thenMs, { severity: 'critical' });
    expect(watcher.look(thenMs, [...so, more]).filter(({ kind }) => kind === 'raised')).toHaveLength(1);
    watcher.stay(thenMs + minuteMs, thenMs + 4 * dayMs, [...so, more], 10 * minuteMs);
    const reminders = watcher.messages.slice(8).filter(({ kind }) => kind === 'reminder');
    // After one day and after two more; of a year nobody is reminded.
    expect(reminders).toHaveLength(18);
    const over = watcher.stay(thenMs + 4 * dayMs, thenMs + 4 * dayMs + hourMs, []);
    expect(over).toHaveLength(9);
    expect(over[0]?.body).toMatch(/^It was so for (4|5)d/);
  }
});
