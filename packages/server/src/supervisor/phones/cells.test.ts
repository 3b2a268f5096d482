import { describe, expect, test } from 'vitest';
import { type JobPlace, jobCommand } from '../../jobs/start.ts';
import { allRights } from '../../session/jail.ts';
import { backupCell, mirrorCell } from './cells.ts';
import { phonePlaces } from './places.ts';
import { phoneOf } from './testing.ts';

const libraries = ['/lib/libc.so.6', '/lib64/ld-linux-x86-64.so.2'];
const place: JobPlace = {
  ...{ mode: 'private', node: '/run/berth/node', program: '/run/berth/program/job.mjs', dataDir: '/run/berth/data' },
  ...{ jail: { kind: 'landlock', rights: allRights, libraries }, enter: null },
};
const phone = phoneOf();
const places = phonePlaces({ ...place, runtimeDir: '/run/berth' }, phone);
const program = '/run/berth/program/ingest.mjs';

/** What Landlock and Node let the program in this cell reach: below which paths what. */
const reach = (cell: ReturnType<typeof mirrorCell>): readonly string[] => {
  const words = jobCommand(place, phone, ['any', '{}'], { program, cell, groups: [1000] });
  return words.flatMap((word) => {
    const [, rights, path] = /^path-beneath:([^:]*):(.*)$/.exec(word) ?? [];
    const [, how, folder] = /^--allow-fs-(read|write)=(.*)$/.exec(word) ?? [];
    if (path !== undefined && rights !== undefined) {
      const kinds = ['execute', 'write-file', 'read-file'].filter((right) => rights.split(',').includes(right));
      return [`${kinds.join()} ${path}`];
    }
    return how === undefined ? [] : [`node ${how} ${folder}`];
  });
};
const always = [
  ...['read-file /lib/libc.so.6', 'execute,read-file /lib64/ld-linux-x86-64.so.2', 'execute,read-file /run/berth/node'],
  ...['read-file /run/berth/program', 'node read /run/berth/program/'],
];

describe('behind its walls', () => {
  test('a mirror reads what arrives, and writes its target and its own folder, and no more', () => {
    const state = '/run/berth/data/phones/lisa-phone/mirror';
    const own = ['/volume1/photos/lisa', state];
    expect(reach(mirrorCell(places, '/volume1/photos/lisa')).toSorted()).toEqual(
      [
        ...[...always, 'read-file /dev/null', 'read-file /volume1/phones/lisa', 'node read /volume1/phones/lisa'],
        ...own.flatMap((path) => [`write-file,read-file ${path}`, `node read ${path}`, `node write ${path}`]),
      ].toSorted(),
    );
  });

  test('a backup and its restic read what arrives and one password, write the home of the agent, and reach nothing of the store', () => {
    const restic = { path: '/usr/bin/restic', libraries: ['/lib/libc.so.6'] };
    const password = `${places.runtime}/password`;
    const reached = reach(backupCell(places, password, restic, '/usr/share/zoneinfo/Asia/Tokyo'));
    const home = '/run/berth/data/phones/lisa-phone/agent';
    expect([...new Set(reached)].toSorted()).toEqual(
      [
        ...[...always, 'write-file,read-file /dev/null', 'execute,read-file /usr/bin/restic'],
        'read-file /usr/share/zoneinfo/Asia/Tokyo',
        ...['read-file /volume1/phones/lisa', 'node read /volume1/phones/lisa'],
        ...[places.runtime, password].flatMap((path) => [`read-file ${path}`, `node read ${path}`]),
        ...[`write-file,read-file ${home}`, `node read ${home}`, `node write ${home}`],
      ].toSorted(),
    );
    expect(reached.join(' ')).not.toContain('/sources/');
    const admins = reach(backupCell(places, '/etc/berth/lisa-phone.password', restic)).join(' ');
    expect(admins).not.toContain(places.runtime);
  });
});
