import { sourceStates } from '@berth/common/control/usage.ts';
import { describe, expect, it } from 'vitest';
import { type ConditionCode, type ConditionEvent, conditionCodes } from '../events/condition.ts';
import { mostEvents } from '../monitor/link.ts';
import { exampleCondition, exampleNowMs, exampleOverview, exampleSource } from '../monitor/testing.ts';
import { decideDigest } from './decide.ts';
import type { DigestFacts } from './digest.ts';
import { eventStories } from './events.ts';
import { limitLevels } from './limits.ts';
import { exampleFacts } from './testing.ts';
import { textDigest } from './text.ts';

const [limits] = limitLevels;
if (limits === undefined) throw new Error('no limits');

const decide = (facts: DigestFacts) => decideDigest(facts, limits);
const quiet = (overview: Parameters<typeof exampleOverview>[0]) =>
  decide(exampleFacts(overview, { events: [], changes: [] }));
const fine = (...names: readonly string[]) => names.map((name) => exampleSource(name));
const about = (code: ConditionCode, source: string | null, change = {}) =>
  exampleCondition({ key: `${code}:${source ?? ''}`, code, source, ...change });

describe('the subject', () => {
  it('is the verdict', () => {
    const six = fine('a', 'b', 'c', 'd', 'e', 'f');
    expect(quiet({ sources: six }).subject).toBe('berth: all 6 fine');
    expect(quiet({ sources: [...six, exampleSource('laptop', 'overdue')] }).subject).toBe('berth: 6 fine, 1 overdue');
    expect(quiet({ sources: fine('laptop') }).subject).toBe('berth: 1 fine');
    expect(quiet({ sources: [] }).subject).toBe('berth: nobody backs up yet');
  });

  it('has words for every state, after what is fine the worst first', () => {
    const sources = sourceStates.toReversed().map((state) => exampleSource(state, state));
    expect(quiet({ sources }).subject).toBe(
      'berth: 1 fine, 1 unreadable, 1 overdue, 1 failing, 1 not backed up yet, 1 with warnings',
    );
  });

  it("tells of the server's own trouble", () => {
    const sources = fine('a', 'b');
    const conditions = [about('coordinator-down', null, { severity: 'warning' }), about('disk-floor', null)];
    expect(quiet({ sources, conditions: conditions.slice(0, 1) }).subject).toBe(
      'berth: all 2 fine, but coordinator down',
    );
    expect(quiet({ sources, conditions }).subject).toBe('berth: all 2 fine, but disk full and 1 more');
  });

  it('calls no source fine whose past is being deleted', () => {
    const sources = fine('laptop', 'desktop');
    const { subject, sources: told } = quiet({ sources, conditions: [about('mass-delete', 'laptop')] });
    expect(subject).toBe('berth: 1 fine, 1 in danger; laptop: much was deleted');
    expect(told[0]).toMatchObject({
      name: 'laptop',
      standing: 'danger',
      words: 'Much of the past of laptop was deleted.',
    });
  });

  it('is never longer than 120 characters', () => {
    const name = 'a'.repeat(200);
    const { subject } = quiet({ sources: fine(name), conditions: [about('mass-delete', name)] });
    expect(subject.length).toBeLessThanOrEqual(120);
  });
});

describe('what needs doing', () => {
  it('is nothing when all is well', () => {
    expect(quiet({ sources: fine('a', 'b') })).toMatchObject({
      tone: 'good',
      headline: 'Nothing needs doing',
      needs: [],
    });
  });

  it('is said how soon, the most urgent first', () => {
    const conditions = [
      about('run-failing', 'a', { severity: 'warning' }),
      about('overdue', 'b'),
      about('disk-floor', null),
    ];
    const { headline, tone, needs } = quiet({ sources: fine('a', 'b'), conditions });
    expect([headline, tone]).toEqual(['3 things need doing, 2 of them now', 'critical']);
    expect(needs.map(({ title }) => title)).toEqual([
      'The disk is full: backups are refused',
      'b is overdue',
      'The backup of a fails',
    ]);
  });

  it('is one thing for all sources of one cause, which are named', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const text = 'Its storage can not be read: EIO';
    const conditions = names.map((name) =>
      about('storage-unreadable', name, { text, remedy: `Look, and type: berth-server fsck ${name}` }),
    );
    expect(quiet({ sources: fine(...names), conditions }).needs).toMatchObject([
      {
        title: 'The storage of a, b, c and 2 more can not be read',
        texts: [text],
        remedies: ['Look, and type: berth-server fsck NAME'],
      },
    ]);
  });

  it('keeps different words apart, each with its source', () => {
    const conditions = [about('overdue', 'a', { text: 'for 2d' }), about('overdue', 'b', { text: 'for 9d' })];
    const [need] = quiet({ sources: fine('a', 'b'), conditions }).needs;
    expect(need?.texts).toEqual(['a: for 2d', 'b: for 9d']);
  });

  it('names the channels that can not be reached, in one thing to do', () => {
    const conditions = ['phone', 'ping laptop'].map((subject) =>
      exampleCondition({
        key: `channel-failing::${subject}`,
        code: 'channel-failing',
        source: null,
        text: `${subject} said 403.`,
      }),
    );
    const { needs } = quiet({ sources: fine('a', 'b'), conditions });
    expect(needs).toMatchObject([
      {
        title: 'Messages can not be sent (phone and ping laptop)',
        texts: ['phone said 403.', 'ping laptop said 403.'],
      },
    ]);
  });

  it('knows of a state before it is a condition, and says it once when it is one', () => {
    const sources = [exampleSource('laptop', 'overdue')];
    const before = quiet({ sources, conditions: [] });
    const after = quiet({ sources, conditions: [about('overdue', 'laptop')] });
    for (const { needs } of [before, after]) expect(needs.map(({ title }) => title)).toEqual(['laptop is overdue']);
  });

  it('says what is wrong with a sources.yaml that is not in force', () => {
    const { server } = exampleOverview();
    const refused = {
      atMs: exampleNowMs,
      findings: [{ message: 'line 3: unknown key "qouta"', remedy: 'Write quota.' }],
    };
    const overview = { sources: fine('a', 'b'), server: { ...server, refused } };
    for (const conditions of [[], [about('config-refused', null, { severity: 'warning', text: 'It was refused.' })]]) {
      const { needs, headline } = quiet({ ...overview, conditions });
      expect(headline).toBe('1 thing needs doing today');
      expect(needs[0]?.texts.join()).toContain('line 3: unknown key "qouta"');
    }
  });

  it('lets warnings of a backup that came wait', () => {
    const { headline, tone, needs } = quiet({ sources: [exampleSource('laptop', 'warned')], conditions: [] });
    expect([headline, tone, needs.length]).toEqual(['Nothing needs doing today; 1 thing can wait', 'notice', 1]);
  });

  it('has a title for every condition there is', () => {
    for (const code of conditionCodes) {
      const { needs, subject } = quiet({ sources: fine('a', 'b'), conditions: [about(code, 'a')] });
      expect(needs[0]?.title, code).not.toContain(code === 'overdue' ? ':' : code);
      expect(subject).not.toBe('berth: all 2 fine');
    }
  });
});

describe('the sources', () => {
  it('are those in trouble first, then as in sources.yaml; who has no room is counted and named', () => {
    const sources = [...fine('z', 'y'), exampleSource('m', 'overdue'), ...fine('b'), exampleSource('n', 'unreadable')];
    const facts = exampleFacts({ sources });
    expect(decide(facts).sources.map(({ name }) => name)).toEqual(['n', 'm', 'z', 'y', 'b']);
    const { sources: full, others } = decideDigest(facts, { ...limits, full: 1, names: 3 });
    expect(full.map(({ name }) => name)).toEqual(['n']);
    expect(others.map(({ words }) => words)).toEqual(['1 overdue: m', '3 fine: z, y, and 1 more']);
  });

  it('say all that is known of each', () => {
    const [story] = quiet({ sources: [exampleSource('laptop')] }).sources;
    expect(story).toEqual({
      ...{ name: 'laptop', standing: 'fine', words: null },
      facts: [
        { label: 'Backup', value: '5 h ago (today 02:00), took 8m, next today 11:00' },
        { label: 'Data', value: 'read 104 GiB, added 1008 MiB, stored 588 MiB, prune gave back 252 MiB' },
        { label: 'Snapshots', value: '27 held, newest 5 h ago, oldest 190 d ago, retention removed 1' },
        { label: 'Storage', value: '104 GiB, trash 5.2 GiB, 54% of 200 GiB; scrubbed 62%, nothing bad' },
      ],
      trend: expect.any(Array),
      trendWords: 'Last 14 days: 14 good',
    });
  });

  it('tell of what never was, what comes as plain files, and what goes on now', () => {
    const { sources } = quiet({
      sources: [
        exampleSource('new', 'never'),
        exampleSource('camera', 'fine', exampleNowMs, {
          ...{ access: 'sftp', stored: null, nextSlotMs: null, lastGood: null, lastRun: null },
          day: { ...exampleSource('x', 'never').day },
        }),
        exampleSource('busy', 'fine', exampleNowMs, {
          now: { kind: 'running', sinceMs: exampleNowMs, step: 'backup', percent: 41.7 },
        }),
      ],
    });
    const facts = (name: string) => sources.find((one) => one.name === name)?.facts.map(({ value }) => value);
    expect(facts('new')).toEqual(['none yet, next tonight 23:00', '-', '-', 'not looked at yet']);
    expect(facts('camera')).toEqual(['5 h ago (today 02:00), comes by itself', 'plain files, by SFTP']);
    expect(facts('busy')?.[0]).toContain('running now, 41% done');
  });

  it('say of a day with failures how many there were', () => {
    const { day } = exampleSource('laptop');
    const said = (runs: number, failed: number) =>
      quiet({ sources: [exampleSource('laptop', 'fine', exampleNowMs, { day: { ...day, runs, failed } })] }).sources[0]
        ?.facts[0]?.value;
    expect(said(3, 0)).toContain('took 8m in 3 runs, next');
    expect(said(3, 1)).toContain('took 8m in 3 runs, 1 failed, next');
    expect(said(3, 3)).toContain('took 8m, 3 failed since, next');
  });

  it('show the hour of the wall clock on the day that it is changed', () => {
    // In Europe/Berlin the clock went back on 25 October 2026 at 01:00 UTC.
    const atMs = Date.parse('2026-10-25T05:00:00Z');
    const source = (lastSuccess: string) =>
      exampleSource('laptop', 'fine', atMs, {
        ...{ lastSuccessMs: Date.parse(lastSuccess), nextSlotMs: Date.parse('2026-10-26T01:40:00Z') },
      });
    const said = (lastSuccess: string) => quiet({ atMs, sources: [source(lastSuccess)] }).sources[0]?.facts[0]?.value;
    expect(said('2026-10-25T00:30:00Z')).toBe('4 h ago (today 02:30), took 8m, next tonight 02:40');
    expect(said('2026-10-25T01:30:00Z')).toBe('3 h ago (today 02:30), took 8m, next tonight 02:40');
  });
});

describe('the rest', () => {
  it('groups the events of the day by what and whose they are, what is still so first', () => {
    expect(decide(exampleFacts()).events).toEqual([
      { tone: 'warning', state: 'still so', title: 'The backup of media-server fails', words: 'for 8h' },
      { tone: 'good', state: 'over', title: 'build-server nears its quota', words: 'it lasted 3d' },
      { tone: 'good', state: 'over', title: 'A backup of laptop stands still', words: 'raised 4 times, 2h in all' },
    ]);
  });

  it('counts what it was told of, where it may not have been told of all', () => {
    const event = (index: number): ConditionEvent => ({
      ...{ version: 1, at: new Date(exampleNowMs - (mostEvents - index) * 30_000).toISOString(), openMs: 0 },
      ...{ key: 'page-down', code: 'page-down', source: null, severity: 'warning', text: '', remedy: '' },
      event: index % 2 === 0 ? 'raised' : 'resolved',
    });
    const all = Array.from({ length: mostEvents }, (_, index) => event(index));
    expect(eventStories(all, exampleNowMs)[0]?.words).toMatch(/^raised at least 1000 times, at least /);
    expect(eventStories(all.slice(2), exampleNowMs)[0]?.words).toMatch(/^raised 999 times, /);
    const note = decide(exampleFacts({}, { events: all })).eventsNote;
    expect(note).toBe('So much happened that only what came since Fri 14:20 is told. All of it: berth-server events');
    expect(textDigest(decide(exampleFacts({}, { events: all })))).toContain('So much happened that only what came');
    expect(decide(exampleFacts()).eventsNote).toBeNull();
  });

  it('says how much storage is left, and when it is full at this rate', () => {
    expect(decide(exampleFacts()).storage).toEqual({
      usedPercent: 62,
      lines: [
        '1.5 TiB of 3.9 TiB (38%) are left.',
        'It grows by 10 GiB a day: at that rate it is full in 150 days, on 20 Apr 2027.',
      ],
    });
    expect(quiet({ disk: null }).storage.lines).toEqual(['How much is left can not be read.']);
    const disk = { totalBytes: 100, freeBytes: 50, fullAtMs: null, days: [] };
    expect(quiet({ disk }).storage.lines[1]).toBe('How fast it fills is not known yet.');
  });

  it('names the rate by which the day was reckoned, though one first backup was far larger', () => {
    const day = 86_400_000;
    const days = [1, 900, 901, 902, 903].map((usedBytes, index) => ({ day: `2026-11-1${index}`, usedBytes }));
    const at = (fullAtMs: number | null, freeBytes = 96) =>
      quiet({ disk: { totalBytes: 1000, freeBytes, fullAtMs, days } }).storage.lines[1];
    expect(at(exampleNowMs + 96.9 * day)).toMatch(/^It grows by 1 B a day: at that rate it is full in 96 days, on /);
    expect(at(exampleNowMs + day / 2, 1)).toMatch(/full within a day, on 21 Nov 2026\.$/);
    expect(at(exampleNowMs, 0)).toBe('It is full now.');
    expect(at(null)).toBe('At the rate of the last days it does not fill.');
  });

  it('says what changed in sources.yaml, and how much of it there is no room for', () => {
    const changes = [
      { atMs: exampleNowMs - 3_600_000, lines: Array.from({ length: 40 }, (_, line) => `+ source-${line}`) },
    ];
    const model = decide(exampleFacts({}, { changes }));
    expect(model.changes[0]).toMatchObject({ at: 'today 06:00' });
    expect([model.changes[0]?.lines.length, model.moreChanges]).toEqual([30, 10]);
  });
});
