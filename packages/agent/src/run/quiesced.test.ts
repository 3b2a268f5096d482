import { Problem } from '@berth/common/problem.ts';
import { describe, expect, test } from 'vitest';
import { failed, fakeCoordinator } from './testing.ts';
import { fakeDatabase, fakeGroup, withBeside } from './testing-beside.ts';

const refused = () => new Problem('database-refused', 'The password is wrong.', 'Look at password_file.');
const stuck = () => new Problem('not-started-again', 'shop does not start.', 'Start it by hand.');
const cut = () => failed('connection-cut');
const upkeep = ['forget box berth', 'forget box db', 'forget box container', 'prune', 'check 1/20'];

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
