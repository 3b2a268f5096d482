import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { measures, metricsOf, metricsType } from '../packages/server/src/metrics/metrics.ts';
import type { OverviewSource } from '../packages/server/src/monitor/overview.ts';
import { exampleFleet, exampleOverview, exampleSource } from '../packages/server/src/monitor/testing.ts';
import { type PromSample, prometheusPrograms, type RunningPrometheus, startPrometheus } from './helpers/prometheus.ts';
import { eventually } from './helpers/receiver.ts';

const folder = join(import.meta.dirname, '../docs/monitoring');
const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
const textOf = { metrics: read('metrics.md'), readme: read('README.md'), rules: read('berth-alerts.yml') };

const rules = z
  .object({ groups: z.array(z.object({ rules: z.array(z.object({ alert: z.string(), expr: z.string() })) })) })
  .parse(parse(textOf.rules))
  .groups.flatMap((group) => group.rules);

const target = z.object({
  ...{ refId: z.string(), expr: z.string().min(1), instant: z.boolean(), range: z.boolean() },
  datasource: z.object({ type: z.literal('prometheus'), uid: z.literal(`\${datasource}`) }),
});
const gridPos = z.object({ x: z.int(), y: z.int(), w: z.int().min(1), h: z.int().min(1) });
const drawn = z.enum(['stat', 'table', 'timeseries', 'bargauge']);
/** The parts of Grafana's classic model that a dashboard needs to be imported and to draw something. */
const dashboard = z
  .object({
    ...{ id: z.null(), uid: z.string().max(40), title: z.string(), schemaVersion: z.literal(39) },
    templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string(), query: z.unknown() })) }),
    panels: z.array(
      z.discriminatedUnion('type', [
        z.object({ ...{ type: z.literal('row'), id: z.int(), title: z.string(), gridPos } }),
        z.object({
          ...{ type: drawn, id: z.int(), title: z.string(), gridPos },
          ...{ description: z.string().min(10), targets: z.array(target).min(1) },
        }),
      ]),
    ),
  })
  .parse(JSON.parse(read('grafana-dashboard.json')));
const queries = dashboard.panels.flatMap((panel) => (panel.type === 'row' ? [] : panel.targets));

/** As Grafana fills them in where nothing has been chosen. */
const filledIn = (expression: string): string => expression.replaceAll(/\$(instance|source)\b/g, '.*');

describe('the documents', () => {
  const told = measures.map(({ name }) => name);

  test('explain every metric with its labels, and none that is not told', () => {
    const rows = [...textOf.metrics.matchAll(/^`(berth_\w+)` \| ([^|]*) ?\| \S/gm)];
    const explained = rows.map(([, name, labels]) => [name, [...(labels ?? '').matchAll(/\w+/g)].map(String)]);
    expect(explained.toSorted()).toEqual(measures.map(({ name, labels }) => [name, [...labels]]).toSorted());
  });

  test('ask for no metric that is not told, in rules, dashboard and words', () => {
    const variables = dashboard.templating.list.map(({ query }) => JSON.stringify(query));
    const all = [...rules.map(({ expr }) => expr), ...queries.map(({ expr }) => expr), ...variables];
    const used = [...all, ...Object.values(textOf)].flatMap((text) => text.match(/\bberth_[a-z_]+/g) ?? []);
    expect([...new Set(used)].filter((name) => !told.some((each) => each === name))).toEqual([]);
  });

  test('test every rule both ways: once it fires, and once it does not', () => {
    const fires = z.object({ alertname: z.string(), exp_alerts: z.array(z.unknown()) });
    const { tests } = z
      .object({ tests: z.array(z.object({ alert_rule_test: z.array(fires) })) })
      .parse(parse(read('berth-alerts-test.yml')));
    const cases = tests.flatMap((each) => each.alert_rule_test);
    const tested = (isFiring: boolean) =>
      new Set(cases.filter((each) => each.exp_alerts.length > 0 === isFiring).map(({ alertname }) => alertname));
    const names = new Set(rules.map(({ alert }) => alert));
    expect(tested(true)).toEqual(names);
    expect(tested(false)).toEqual(names);
  });

  test('hold a dashboard whose panels have places and numbers of their own', () => {
    const { panels } = dashboard;
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const taken = new Map<string, string>();
    for (const { title, gridPos: place } of panels) {
      expect(place.x + place.w, title).toBeLessThanOrEqual(24);
      for (let x = place.x; x < place.x + place.w; x++) {
        for (let y = place.y; y < place.y + place.h; y++) {
          expect(taken.get(`${x} ${y}`), `${title} and another`).toBeUndefined();
          taken.set(`${x} ${y}`, title);
        }
      }
    }
  });
});

describe("Debian's promtool", () => {
  let promtool = '';
  beforeAll(async () => {
    promtool = (await prometheusPrograms()).promtool;
  }, 120_000);
  const run = (words: readonly string[], input = '') =>
    execa(promtool, words, { cwd: folder, input, all: true, reject: false, timeout: 60_000 });

  test('has nothing to say of our names, helps and lines', async () => {
    const fleets = [exampleOverview(), exampleOverview({ sources: [], conditions: [], disk: null })];
    for (const overview of fleets) {
      expect(await run(['check', 'metrics'], await metricsOf(overview))).toMatchObject({ exitCode: 0, all: '' });
    }
  });

  test('takes the name of a hostile source as one name, whatever is in it', async () => {
    const name = 'a"} 1\nberth_overdue{source="b\\\u0000\u001b[31m\r\u2028ü€😀\ud800\\';
    const text = await metricsOf(exampleOverview({ sources: [exampleSource(name)], conditions: [] }));
    expect(await run(['check', 'metrics'], text)).toMatchObject({ exitCode: 0, all: '' });
  });

  test('checks the rules, and their tests pass', async () => {
    expect(await run(['check', 'rules', '--lint=all', '--lint-fatal', 'berth-alerts.yml'])).toMatchObject({
      exitCode: 0,
    });
    const tested = await run(['test', 'rules', 'berth-alerts-test.yml']);
    expect(tested.all).toMatch(/SUCCESS/);
    expect(tested.exitCode).toBe(0);
  });
});

/** The lines of README.md, for the ports and folders of a test, and quicker. */
const configOf = (scraped: string): string => {
  const [config, name] = ['global:', '    relabel_configs:'].map(
    (begin) =>
      textOf.readme
        .split('```yaml\n')
        .find((text) => text.startsWith(begin))
        ?.split('```')[0],
  );
  if (config === undefined || name === undefined) throw new Error('README.md has no prometheus.yml');
  return `${config}${name}`
    .replaceAll(/(scrape|evaluation)_interval: 1m/g, '$1_interval: 1s')
    .replaceAll('/etc/prometheus/', '')
    .replace("'127.0.0.1:8480'", `'${scraped}'`);
};

/** Serves the metrics of the example fleet as of now to whoever has the password, on the loopback. */
const serveMetrics = async (password: string) => {
  const expected = `Basic ${Buffer.from(`prometheus:${password}`).toString('base64')}`;
  const sources = [
    ...exampleFleet(30, Date.now()),
    exampleSource(hostile, 'overdue', Date.now()),
    damaged(Date.now()),
    withDatabases(Date.now()),
  ];
  const server = createServer(async ({ headers, url }, answer) => {
    if (headers.authorization !== expected) return void answer.writeHead(401).end();
    if (url !== '/metrics') return void answer.writeHead(404).end();
    const text = await metricsOf(exampleOverview({ atMs: Date.now(), sources }));
    answer.writeHead(200, { 'content-type': metricsType }).end(text);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return {
    at: `127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
};

const damaged = (nowMs: number): OverviewSource => {
  const { stored, ...rest } = exampleSource('damaged', 'fine', nowMs);
  if (stored?.scrub == null) throw new Error('the example has no scrub');
  return { ...rest, stored: { ...stored, damaged: 2, scrub: { ...stored.scrub, bad: 2 } } };
};

const withDatabases = (nowMs: number): OverviewSource => {
  const { lastRun, ...rest } = exampleSource('shop', 'fine', nowMs);
  if (lastRun === null) throw new Error('the example has no last run');
  const dumps = { atMs: nowMs, databases: 3, unverified: 0, failing: [], failingCount: 0 };
  return { ...rest, lastRun: { ...lastRun, dumps } };
};

const hostile = 'two "quotes", a \\ and\na line, ü€😀';

const startBoth = async () => {
  const server = await serveMetrics('a password: with "all" kinds');
  const files = { 'berth-password': 'a password: with "all" kinds\n', 'berth-alerts.yml': textOf.rules };
  const prometheus = await startPrometheus(configOf(server.at), files);
  return { prometheus, server };
};

const numberOf = (samples: readonly PromSample[]): number => Number(samples[0]?.value[1]);

describe('a real Prometheus, set up as README.md says', () => {
  let prometheus: RunningPrometheus;
  beforeAll(async () => {
    const { prometheus: started, server } = await startBoth();
    prometheus = started;
    const isUp = async () => numberOf(await prometheus.query('up{job="berth"}').catch(() => [])) === 1;
    await eventually('the first scrape', 20_000, isUp);
    return async () => {
      await started[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    };
  }, 120_000);

  test('is let in with the password of its file, and takes every name that is told', async () => {
    expect(await prometheus.targets()).toMatchObject([{ health: 'up', lastError: '' }]);
    const names = await prometheus.query('group by (__name__) ({job="berth", __name__=~"berth_.+"})');
    const known = new Set(names.map(({ metric }) => metric['__name__']));
    const missing = measures.map(({ name }) => name).filter((name) => !known.has(name));
    // Nothing is refused in the example.
    expect(missing).toEqual(['berth_config_refused_timestamp_seconds']);
  });

  test('counts what the digest counts', async () => {
    const states = await prometheus.query('sum by (state) (berth_source_state)');
    const counts = Object.fromEntries(states.map(({ metric, value }) => [metric['state'], Number(value[1])]));
    expect(counts).toEqual({ unreadable: 1, overdue: 2, failing: 1, never: 1, warned: 1, fine: 27 });
    expect(numberOf(await prometheus.query('sum(berth_overdue)'))).toBe(2);
  });

  test('has the name of a hostile source as it is', async () => {
    const overdue = await prometheus.query('berth_overdue == 1');
    expect(overdue.map(({ metric }) => metric['source'])).toContain(hostile);
  });

  test('answers every query of the dashboard, and each has something to show', async () => {
    for (const { expr, instant } of queries) {
      const expression = filledIn(expr);
      const series = async () =>
        instant ? (await prometheus.query(expression)).length : await prometheus.range(expression);
      // A forecast needs a second scrape.
      await eventually(`an answer to ${expr}`, 10_000, async () => (await series()) > 0);
    }
  });

  test('fires for the sources that are overdue or damaged, and says what to do', async () => {
    const firing = async () => (await prometheus.alerts()).filter(({ state }) => state === 'firing');
    await eventually('the alert', 20_000, async () => (await firing()).length >= 3);
    const now = await firing();
    expect(now).toContainEqual(
      expect.objectContaining({
        labels: expect.objectContaining({ alertname: 'BerthDamagedObjects', source: 'damaged' }),
        annotations: expect.objectContaining({ summary: '2 of the stored files of damaged are damaged or lost' }),
      }),
    );
    const overdue = now.filter(({ labels }) => labels['alertname'] === 'BerthOverdue');
    expect(overdue.map(({ labels }) => labels['source']).toSorted()).toEqual(['workstation', hostile].toSorted());
    for (const { labels, annotations } of overdue) {
      expect(labels).toMatchObject({ severity: 'critical', job: 'berth', instance: 'nas' });
      expect(annotations['summary']).toMatch(/^No backup of (workstation|two "quotes".*) for 5d 0h 0m \d+s$/s);
      expect(annotations['description']).toContain('within 2d 0h 0m 0s. See that the machine is on');
    }
  });
});
