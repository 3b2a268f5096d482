import { sourceStates } from '@berth/common/control/usage.ts';
import { expect, test } from 'vitest';
import { conditionCodes } from '../events/condition.ts';
import { exampleCondition, exampleNowMs, exampleOverview, examplePhone, exampleSource } from '../monitor/testing.ts';
import { measures, metricsOf } from './metrics.ts';

const overviewOf = (...sources: readonly Readonly<Parameters<typeof exampleSource>>[]) =>
  exampleOverview({ sources: sources.map((each) => exampleSource(...each)), conditions: [] });

/** What a scrape says, by name and labels as they stand there. */
const said = async (overview: Parameters<typeof metricsOf>[0]): Promise<ReadonlyMap<string, string>> => {
  const lines = (await metricsOf(overview)).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), line.slice(line.lastIndexOf(' ') + 1)]));
};

test('times are in seconds, shares from 0 to 1, sizes in bytes', async () => {
  const metrics = await said(overviewOf(['laptop']));
  const of = (name: string) => Number(metrics.get(`berth_${name}{source="laptop"}`));
  expect(of('last_success_timestamp_seconds')).toBe(exampleNowMs / 1000 - 5 * 3600);
  expect(of('overdue_timestamp_seconds')).toBe(exampleNowMs / 1000 + 43 * 3600);
  expect(of('interval_seconds')).toBe(86_400);
  expect(of('scrub_progress_ratio')).toBe(0.62);
  expect(of('quota_bytes')).toBe(200 * 1024 ** 3);
  expect(metrics.get('berth_disk_size_bytes')).toBe(String(4000 * 1024 ** 3));
  expect(metrics.get('berth_observed_timestamp_seconds')).toBe(String(exampleNowMs / 1000));
});

test('who asks again for the same moment is given the same text, and of the next one another', async () => {
  const overview = overviewOf(['laptop']);
  const first = metricsOf(overview);
  expect(metricsOf(overview)).toBe(first);
  expect(await metricsOf({ ...overview, atMs: overview.atMs + 1000 })).not.toBe(await first);
});

test('a source that never had a backup has no last one, but a beginning and a deadline', async () => {
  const metrics = await said(overviewOf(['new', 'never']));
  const names = [...metrics.keys()].filter((key) => key.includes('source="new"')).join('\n');
  expect(names).not.toMatch(/last_|stored|snapshot|scrub|review/);
  expect(names).toContain('berth_known_since_timestamp_seconds');
  expect(names).toContain('berth_overdue_timestamp_seconds');
});

test('of a source without a quota, a disk that can not be read and a full that never comes nothing is said', async () => {
  const metrics = await said({
    ...overviewOf(['laptop', 'fine', exampleNowMs, { quotaBytes: null, nextSlotMs: null }]),
    disk: null,
  });
  expect([...metrics.keys()].join('\n')).not.toMatch(/berth_(quota|next_slot|disk|config_refused_timestamp)/);
});

test('before the first look at its store a source has as many snapshots as its last good run said, as on the page', async () => {
  const metrics = await said(overviewOf(['laptop', 'fine', exampleNowMs, { stored: null }]));
  expect(metrics.get('berth_snapshots{source="laptop"}')).toBe('27');
});

test('every state is told of every source: 1 for its own', async () => {
  const metrics = await said(overviewOf(...sourceStates.map((state) => [`is-${state}`, state] as const)));
  for (const state of sourceStates) {
    const flags = sourceStates.map((each) => metrics.get(`berth_source_state{source="is-${state}",state="${each}"}`));
    expect(flags).toEqual(sourceStates.map((each) => (each === state ? '1' : '0')));
    expect(metrics.get(`berth_overdue{source="is-${state}"}`)).toBe(state === 'overdue' ? '1' : '0');
    const good = metrics.get(`berth_last_run_good{source="is-${state}"}`);
    expect(good).toBe(state === 'never' ? undefined : state === 'failing' ? '0' : '1');
  }
});

test('while the coordinator is away nobody is said to run or to wait, and nobody not to', async () => {
  const overview = exampleOverview();
  const up = await said(overview);
  expect([up.get('berth_leases_held'), up.get('berth_leases_waiting')]).toEqual(['1', '1']);
  for (const change of [{ coordinator: 'down' }, { coordinatorTrouble: 'EIO' }] as const) {
    const away = await said({ ...overview, server: { ...overview.server, ...change } });
    expect([...away.keys()].join('\n')).not.toMatch(/berth_leases_(held|waiting)|berth_running/);
    expect(away.get('berth_leases_limit')).toBe('2');
  }
});

test('conditions are counted by severity and code, 0 where there is none; those of sources only where they are', async () => {
  const bitRot = { code: 'bit-rot', source: 'laptop', severity: 'critical' } as const;
  const metrics = await said(
    exampleOverview({
      conditions: [
        exampleCondition({ ...bitRot, key: 'bit-rot:laptop:data/a' }),
        exampleCondition({ ...bitRot, key: 'bit-rot:laptop:data/b' }),
        exampleCondition({ code: 'config-refused', source: null, severity: 'warning' }),
        exampleCondition({ code: 'of-tomorrow', source: null, severity: 'notice' }),
      ],
    }),
  );
  expect(metrics.get('berth_conditions{severity="critical",code="bit-rot"}')).toBe('2');
  expect(metrics.get('berth_conditions{severity="warning",code="bit-rot"}')).toBe('0');
  expect(metrics.get('berth_conditions{severity="notice",code="of-tomorrow"}')).toBe('1');
  expect([...metrics.keys()].filter((key) => key.startsWith('berth_conditions'))).toHaveLength(
    (conditionCodes.length + 1) * 3,
  );
  expect([...metrics].filter(([key]) => key.startsWith('berth_source_conditions'))).toEqual([
    ['berth_source_conditions{source="laptop",severity="critical",code="bit-rot"}', '2'],
  ]);
});

test('a source stands as digest and page count it: what is in danger is not called fine, however fresh', async () => {
  const conditions = [
    exampleCondition({ code: 'mass-delete', source: 'emptied', severity: 'critical' }),
    exampleCondition({ code: 'quota-80', source: 'large', severity: 'warning' }),
    exampleCondition({ code: 'disk-floor', source: null, severity: 'critical' }),
  ];
  const sources = [
    ...['emptied', 'large', 'well'].map((name) => exampleSource(name)),
    exampleSource('late', 'overdue'),
  ];
  const metrics = await said(exampleOverview({ sources, conditions }));
  expect([...metrics].filter(([key]) => key.startsWith('berth_source_standing'))).toEqual(
    [
      ['emptied', 'danger'],
      ['large', 'warned'],
      ['well', 'fine'],
      ['late', 'overdue'],
    ].map(([source, standing]) => [`berth_source_standing{source="${source}",standing="${standing}"}`, '1']),
  );
  expect(metrics.get('berth_source_state{source="emptied",state="fine"}')).toBe('1');
});

test('whatever a source is called, its name stays in its quotes and on its line', async () => {
  const hostile = 'a"} 1\nberth_overdue{source="b\\\u0000\u001b[31m\r\u2028ü€😀\ud800';
  const text = await metricsOf(overviewOf([hostile], ['b']));
  const inert = 'a\\"} 1\\nberth_overdue{source=\\"b\\\\\u{fffd}\u{fffd}[31m\u{fffd}\u{fffd}ü€😀\u{fffd}';
  expect(text.split('\n')).toContain(`berth_overdue{source="${inert}"} 0`);
  expect(text.split('\n').filter((line) => line.startsWith('berth_overdue{'))).toHaveLength(2);
  expect(text).not.toMatch(/[^\P{Cc}\n]|[\u2028\u2029]/u);
  const long = await metricsOf(overviewOf(['x'.repeat(1_000_000)]));
  expect(long.length).toBeLessThan(100_000);
});

test('every name is there with its help, also where nothing is known', async () => {
  const text = await metricsOf({ ...overviewOf(), disk: null });
  for (const { name, help } of measures) expect(text).toContain(`# HELP ${name} ${help}\n# TYPE ${name} gauge`);
});

test('no number is anything but a number, and two scrapes of one overview are the same', async () => {
  const overview = exampleOverview();
  const metrics = await said(overview);
  for (const value of metrics.values()) expect(value).toMatch(/^-?\d+(\.\d+)?(e\+\d+)?$/);
  expect(await said(overview)).toEqual(metrics);
});

test('of a phone is told how its mirror goes and when it was seen, and of a machine nothing of the kind', async () => {
  const phone = examplePhone('lisa-phone');
  const metrics = await said(overviewOf(['lisa-phone', 'fine', exampleNowMs, phone], ['laptop']));
  const of = (name: string) => metrics.get(`berth_phone_${name}{source="lisa-phone"}`);
  expect(of('mirror_last_good_timestamp_seconds')).toBe(String(exampleNowMs / 1000 - 30));
  expect([of('mirror_files'), of('mirror_gone_files'), of('mirror_failures')]).toEqual(['100342', '40', '0']);
  expect(of('seen_timestamp_seconds')).toBe(String(exampleNowMs / 1000 - 2 * 3600));
  expect([...metrics.keys()].filter((key) => key.startsWith('berth_phone_'))).toHaveLength(9);

  const syncthing = { kind: 'down', detail: 'ECONNREFUSED' } as const;
  const down = { ...phone, phone: phone.phone === null ? null : { ...phone.phone, syncthing, mirror: null } };
  const left = await said(overviewOf(['lisa-phone', 'fine', exampleNowMs, down]));
  expect([...left].filter(([key]) => key.startsWith('berth_phone_'))).toEqual([
    ['berth_phone_syncthing_up{source="lisa-phone"}', '0'],
  ]);
});

test('a source is at most 41 series beside its conditions, the server 16 beside its own', async () => {
  const overview = overviewOf(['laptop']);
  const { server } = overview;
  const lines = [...(await said({ ...overview, server: { ...server, refused: { atMs: 0, findings: [] } } })).keys()];
  expect(lines.filter((line) => line.includes('source="laptop"'))).toHaveLength(41);
  expect(lines.filter((line) => !/source=|berth_conditions/.test(line))).toHaveLength(16);
});
