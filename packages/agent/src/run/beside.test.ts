import { mkdir, writeFile } from 'node:fs/promises';
import { Problem } from '@berth/common/problem.ts';
import { describe, expect, test } from 'vitest';
import type { Recovered } from '../recover/recover.ts';
import { runIfDue } from './if-due.ts';
import { takeLock } from './lock.ts';
import { configWith, failed, fakeCoordinator, stage } from './testing.ts';
import { type FakeBeside, fakeBeside, fakeDatabase, fakeGroup } from './testing-beside.ts';

const refused = () => new Problem('database-refused', 'The password is wrong.', 'Look at password_file.');
const stuck = () => new Problem('not-started-again', 'shop does not start.', 'Start it by hand.');
const cut = () => failed('connection-cut');

/** A stage on which there is more than files; `more` is what agent.yaml says besides. */
const withBeside = async (set: (beside: FakeBeside, calls: string[]) => void, more = '') => {
  const it = await stage();
  const beside = fakeBeside(it.calls);
  set(beside, it.calls);
  const config = configWith(
    `databases: [{ engine: postgres }]\nservices: [{ unit: shop.service, paths: [/home/shop] }]\n${more}`,
  );
  return {
    ...it,
    beside,
    run: (over: Parameters<typeof it.run>[1] = {}) => it.run(config, { world: { ...it.world, beside }, ...over }),
  };
};
const upkeep = ['forget box berth', 'forget box db', 'forget box container', 'prune', 'check 1/20'];

describe('databases', () => {
  test('are dumped before the files, each into a snapshot of its own that the report names', async () => {
    await using it = await withBeside(({ databases }, calls) => {
      databases.push(fakeDatabase(calls, 'shop', undefined, ['orders', 'users']), fakeDatabase(calls, 'crm'));
    });
    const { report } = await it.run();
    expect(it.calls).toEqual([
      ...['connect', 'unlock', 'describe shop'],
      ...['backupStream postgres-shop-orders.dump', 'backupStream postgres-shop-users.dump'],
      ...['describe crm', 'backupStream postgres-crm.dump', 'backup', ...upkeep],
    ]);
    expect(report).toMatchObject({ outcome: 'ok', snapshot: 'e32c3a72' });
    expect(report.dumps.map(({ subject, database, outcome }) => [subject, database, outcome])).toEqual([
      ['shop', 'orders', 'ok'],
      ['shop', 'users', 'ok'],
      ['crm', null, 'ok'],
    ]);
    expect(report.steps.filter(({ name }) => name === 'dump')).toMatchObject([
      { subject: 'shop', outcome: 'ok', numbers: { dumpsMade: 2, dumpsFailed: 0, bytesDumped: 20 } },
      { subject: 'crm', outcome: 'ok' },
    ]);
  });

  test('that fail do not keep others and the files from being saved, and the run is incomplete', async () => {
    await using it = await withBeside(({ databases }, calls) => {
      const wrong = { ...fakeDatabase(calls, 'shop'), describe: () => Promise.reject(refused()) };
      databases.push(wrong, fakeDatabase(calls, 'crm'));
    });
    const { report } = await it.run();
    expect(report).toMatchObject({ outcome: 'incomplete', reason: 'database-refused', snapshot: 'e32c3a72' });
    expect(report.message).toContain('shop: The password is wrong.');
    expect(report.dumps).toMatchObject([{ subject: 'crm', outcome: 'ok' }]);
    expect(it.calls).toContain('forget box db');
  });

  test('that were cut off are dumped again, but not what was done', async () => {
    await using it = await withBeside(({ databases }, calls) => {
      databases.push(fakeDatabase(calls, 'shop', undefined, ['orders', 'users']), fakeDatabase(calls, 'crm'));
    });
    it.answers.backupStream = [null, cut()];
    it.answers.prune = [cut()];
    const { report } = await it.run();
    expect(it.calls.filter((call) => call.startsWith('backupStream'))).toEqual([
      ...['backupStream postgres-shop-orders.dump', 'backupStream postgres-shop-users.dump'],
      ...['backupStream postgres-shop-users.dump', 'backupStream postgres-crm.dump'],
    ]);
    expect(it.calls.filter((call) => call === 'backup')).toHaveLength(1);
    expect(report).toMatchObject({ outcome: 'ok', attempts: 3 });
    expect(report.dumps).toHaveLength(3);
  });

  test('that refuse a password are not asked again when the line is cut later', async () => {
    await using it = await withBeside(({ databases }, calls) => {
      const ask = async () => {
        calls.push('ask');
        throw refused();
      };
      databases.push({ ...fakeDatabase(calls, 'shop'), describe: ask });
    });
    it.answers.backup = [cut(), cut()];
    const { report } = await it.run();
    expect(it.calls.filter((call) => call === 'ask')).toHaveLength(1);
    expect(report).toMatchObject({ outcome: 'incomplete', reason: 'database-refused', attempts: 3 });
  });

  test('stay in a report of bounded size, however often a prune is tried after them', async () => {
    await using it = await withBeside(({ databases }, calls) => {
      databases.push(...Array.from({ length: 20 }, (_, index) => fakeDatabase(calls, `shop-${index}`)));
    }, 'retry: { for: 30d, longest: 1m }');
    it.answers.unlock = Array.from({ length: 40 }, () => cut());
    it.answers.prune = Array.from({ length: 100 }, () => cut());
    const { report } = await it.run();
    expect(report.steps).toHaveLength(60);
    expect(report.steps.filter(({ name }) => name === 'dump')).toHaveLength(20);
    expect(report.dumps).toHaveLength(20);
  });

  test('do not explain why there is no backup of the files', async () => {
    await using it = await withBeside(({ databases }, calls) => {
      databases.push({ ...fakeDatabase(calls, 'shop'), describe: () => Promise.reject(refused()) });
    });
    it.answers.backup = [failed('out-of-space')];
    expect((await it.run()).report).toMatchObject({ outcome: 'failed', reason: 'out-of-space' });
  });
});

describe('what is made quiet', () => {
  test('is copied after the files, from what they have already, and is up before forget', async () => {
    await using it = await withBeside(({ groups }) =>
      groups.push(fakeGroup('shop', ['/home/shop']), fakeGroup('wiki')),
    );
    const { report } = await it.run();
    expect(it.calls).toEqual([
      ...['connect', 'unlock', 'backup'],
      ...['down shop', 'backup container,container:shop since e32c3a72', 'up shop'],
      ...['down wiki', 'backup container,container:wiki', 'up wiki', ...upkeep],
    ]);
    const steps = report.steps.map(({ name, subject }) => (subject === null ? name : `${name} ${subject}`));
    expect(steps.slice(2, 7)).toEqual(['backup', 'restart shop', 'quiesce shop', 'restart wiki', 'quiesce wiki']);
    expect(report).toMatchObject({ outcome: 'ok', snapshot: 'e32c3a72' });
  });

  test('is up before its copy begins where its file systems can be kept', async () => {
    await using it = await withBeside((beside) => {
      beside.groups.push(fakeGroup('shop', ['/home/shop']));
      beside.keeps = () => true;
    }, 'snapshots: auto');
    await it.run();
    expect(it.calls.slice(2, 12)).toEqual([
      ...['take /home', 'unshare', 'backup', 'remove'],
      ...['down shop', 'take /home/shop', 'up shop', 'unshare', 'backup container,container:shop since e32c3a72'],
      'remove',
    ]);
  });

  test('is copied while it is down where only some of it can be kept', async () => {
    await using it = await withBeside((beside) => {
      beside.groups.push(fakeGroup('shop', ['/home/shop', '/mnt']));
      beside.keeps = (path) => path !== '/mnt';
    }, 'snapshots: auto');
    const { report } = await it.run();
    expect(it.calls.slice(6, 12)).toEqual([
      ...['down shop', 'take /home/shop', 'unshare', 'backup container,container:shop', 'up shop', 'remove'],
    ]);
    expect(report.outcome).toBe('ok');
  });

  test('is read live where a snapshot is required and cannot be had, and the run is incomplete', async () => {
    await using it = await withBeside(() => undefined, 'snapshots: required');
    const { report } = await it.run();
    expect(report).toMatchObject({ outcome: 'incomplete', reason: 'snapshot-failed', snapshot: 'e32c3a72' });
  });

  test('starts again when it is down for too long, and the next one is still copied', async () => {
    await using it = await withBeside(({ groups }) => groups.push(fakeGroup('shop'), fakeGroup('wiki')));
    it.during.backup = async () => {
      it.during.backup = async () => it.beside.expire(new Problem('quiesce-timeout', 'shop took too long.', 'Wait.'));
    };
    it.answers.backup = [null, failed('cancelled')];
    const { report } = await it.run();
    expect(it.calls.filter((call) => /^(?:up|down) /.test(call))).toEqual([
      'down shop',
      'up shop',
      'down wiki',
      'up wiki',
    ]);
    expect(report).toMatchObject({ outcome: 'incomplete', reason: 'quiesce-timeout' });
    expect(report.message).toContain('shop took too long.');
  });

  test('is stopped at most twice, however often the line is cut', async () => {
    await using it = await withBeside(({ groups }) => groups.push(fakeGroup('shop')));
    it.answers.backup = [null, ...Array.from({ length: 5 }, cut)];
    const { report } = await it.run();
    expect(it.calls.filter((call) => /^(?:up|down) /.test(call))).toEqual([
      'down shop',
      'up shop',
      'down shop',
      'up shop',
    ]);
    expect(report).toMatchObject({ outcome: 'incomplete', reason: 'connection-cut', attempts: 3 });
    expect(it.calls.slice(-upkeep.length)).toEqual(upkeep);
  });

  test('and does not start again makes the run a failure that is said first, and nothing more is stopped', async () => {
    await using it = await withBeside((beside, calls) => {
      beside.databases.push({ ...fakeDatabase(calls, 'crm'), describe: () => Promise.reject(refused()) });
      beside.groups.push(fakeGroup('shop'), fakeGroup('wiki'));
      beside.ups.push(stuck());
    });
    const { report } = await it.run();
    expect(report).toMatchObject({ outcome: 'failed', reason: 'not-started-again', snapshot: 'e32c3a72' });
    expect(report.message).toContain('shop');
    expect(it.calls).not.toContain('down wiki');
    expect(report.steps).toContainEqual(expect.objectContaining({ subject: 'wiki', reason: 'quiesce-failed' }));
    expect(it.calls.slice(-upkeep.length)).toEqual(upkeep);
  });

  test('and was started by somebody meanwhile makes the run incomplete', async () => {
    await using it = await withBeside((beside) => {
      beside.groups.push(fakeGroup('shop'));
      beside.meanwhile = ['shop-web-1'];
    });
    const { report } = await it.run();
    expect(report).toMatchObject({ outcome: 'incomplete', reason: 'started-meanwhile' });
  });

  test('runs again before the report of a run that is stopped is written', async () => {
    await using it = await withBeside(({ groups }) => groups.push(fakeGroup('shop'), fakeGroup('wiki')));
    it.during.backup = async () => {
      it.during.backup = async () => it.abort.abort();
    };
    it.answers.backup = [null, failed('cancelled')];
    const { report } = await it.run();
    expect(it.calls.slice(-2)).toEqual(['backup container,container:shop', 'up shop']);
    expect(report).toMatchObject({ outcome: 'cancelled' });
    expect(report.steps).toContainEqual(expect.objectContaining({ name: 'restart', subject: 'shop', outcome: 'ok' }));
  });

  test('runs again when the place is lost in the middle, and is copied by the next try', async () => {
    await using it = await withBeside(({ groups }) => groups.push(fakeGroup('shop')));
    const server = fakeCoordinator(it.world.now);
    server.beats = [410];
    it.during.backup = async () => {
      it.during.backup = async () => {
        await it.beat();
        it.answers.backup = [failed('cancelled')];
      };
    };
    const world = { ...it.world, beside: it.beside, coordinator: () => server.coordinator };
    const { report } = await it.run({ world });
    expect(it.calls.filter((call) => /^(?:up|down) /.test(call))).toEqual([
      'down shop',
      'up shop',
      'down shop',
      'up shop',
    ]);
    expect(report).toMatchObject({ outcome: 'ok', attempts: 2 });
  });

  test('and does not start again is told also by a run that is stopped', async () => {
    await using it = await withBeside((beside) => {
      beside.groups.push(fakeGroup('shop'));
      beside.ups.push(stuck());
    });
    it.during.backup = async () => {
      it.during.backup = async () => it.abort.abort();
    };
    it.answers.backup = [null, failed('cancelled')];
    expect((await it.run()).report).toMatchObject({ outcome: 'failed', reason: 'not-started-again' });
  });

  test('is not, where it is not clear what it is or there is nothing to copy', async () => {
    await using it = await withBeside(({ groups }) => {
      const unclear = new Problem('quiesce-failed', 'There is no container "shpo".', 'Look at agent.yaml.');
      groups.push({ ...fakeGroup('shpo'), problem: unclear }, { ...fakeGroup('wiki'), paths: [] });
    });
    const { report } = await it.run();
    expect(it.calls.filter((call) => /^(?:up|down) /.test(call))).toEqual([]);
    expect(report).toMatchObject({ outcome: 'incomplete', reason: 'quiesce-failed' });
  });
});

test('an engine of containers that is away is told, and what needs none of it goes on', async () => {
  await using it = await withBeside((beside, calls) => {
    beside.databases.push(fakeDatabase(calls, 'shop'));
    beside.problem = new Problem('engine-away', 'Docker does not answer.', 'Start it.');
  });
  const { report } = await it.run();
  expect(report).toMatchObject({ outcome: 'incomplete', reason: 'engine-away' });
  expect(report.dumps).toMatchObject([{ subject: 'shop', outcome: 'ok' }]);
});

test('a container whose labels name no database that can be dumped makes the run incomplete', async () => {
  await using it = await withBeside((beside) => {
    const problem = new Problem('container-label', 'The database in pg is not backed up: no such engine.', 'See docs.');
    beside.unclear.push({ container: 'pg', problem });
  });
  const { report } = await it.run();
  expect(report).toMatchObject({ outcome: 'incomplete', reason: 'container-label' });
  expect(report.message).toContain('The database in pg is not backed up');
});

test('a dry run names what would be dumped and stopped, and does neither', async () => {
  await using it = await withBeside((beside, calls) => {
    beside.databases.push(fakeDatabase(calls, 'shop', undefined, ['orders']));
    beside.groups.push(fakeGroup('wiki'));
  }, 'snapshots: auto');
  const { report } = await it.run({ dryRun: true });
  expect(it.calls).toEqual(['connect', 'describe shop', 'backup dry']);
  const words = report.steps.flatMap((step) => step.words);
  expect(words).toEqual([
    'PostgreSQL 15',
    'would dump postgres-shop-orders.dump',
    'would stop wiki.service',
    'would copy /srv/wiki',
  ]);
});

describe('what a killed run left behind', () => {
  const left = (outcome: 'done' | 'kept'): Recovered =>
    ({
      ...{ kind: 'container', what: 'container shop-db-1', outcome, words: null },
      reason: outcome === 'kept' ? 'engine-away' : null,
    }) as const;

  test('is put right before anything else, and the report says so', async () => {
    await using it = await withBeside((beside) => {
      beside.recovered = { things: [left('done')], broken: null };
    });
    const { report } = await it.run();
    expect(it.calls.slice(0, 2)).toEqual(['recover', 'connect']);
    expect(report.outcome).toBe('ok');
    expect(report.steps[0]).toMatchObject({
      name: 'recover',
      outcome: 'ok',
      words: ['container shop-db-1: put right'],
    });
  });

  test('and can not be put right makes the run a failure, though it still backs up', async () => {
    await using it = await withBeside((beside) => {
      beside.recovered = { things: [left('kept')], broken: null };
    });
    const { report } = await it.run();
    expect(report).toMatchObject({ outcome: 'failed', reason: 'not-started-again', snapshot: 'e32c3a72' });
  });

  test('is put right at a wake at which no run is due', async () => {
    await using it = await stage();
    const beside = fakeBeside(it.calls);
    beside.recovered = { things: [left('done')], broken: null };
    const known = fakeCoordinator(it.world.now);
    const wake = () =>
      runIfDue({
        ...{ home: it.home, signal: it.abort.signal, berthVersion: '0.1.0' },
        loadConfig: async () => configWith(),
        world: { ...it.world, beside, coordinator: () => known.coordinator },
        onEvent: (event) => it.events.push(event),
      });
    expect((await wake()).kind).toBe('not-due');
    expect(it.calls, 'nothing is noted').toEqual([]);
    await mkdir(it.home.state, { recursive: true });
    await writeFile(it.home.unfinished, '{}');
    {
      await using _ = await takeLock(it.home.lock);
      expect((await wake()).kind, 'a run goes on').toBe('skipped');
    }
    expect(it.calls).toEqual([]);
    expect((await wake()).kind).toBe('not-due');
    expect(it.calls).toEqual(['recover']);
    expect(it.events).toContainEqual({ type: 'recovered', end: beside.recovered });
  });

  test('is put right also where agent.yaml is broken', async () => {
    await using it = await stage();
    const beside = fakeBeside(it.calls);
    beside.recovered = { things: [left('done')], broken: null };
    const broken = new Problem('invalid-config', 'agent.yaml:3:1: unknown key', 'Change it.');
    const { report } = await it.run(broken, { world: { ...it.world, beside } });
    expect(it.calls).toEqual(['recover']);
    expect(report).toMatchObject({ outcome: 'failed', reason: 'invalid-config' });
  });
});
