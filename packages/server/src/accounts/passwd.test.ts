import { describe, expect, test } from 'vitest';
import { accountFindings, composeAccounts, minimalBase } from './passwd.ts';
import { sourceOf } from './testing.ts';

const debian = {
  passwd:
    'root:x:0:0:root:/root:/bin/bash\nbackup:x:34:34:backup:/var/backups:/usr/sbin/nologin\n' +
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\nmessagebus:x:100:102::/:/usr/sbin/nologin\n' +
    'sshd:x:102:65534::/run/sshd:/usr/sbin/nologin\n+nis::::::\n',
  group: 'root:x:0:\nbackup:x:34:\nusers:x:100:\nnogroup:x:65534:\n',
};
const home = ({ name }: { readonly name: string }): string => `/data/sources/${name}`;

describe('the account files', () => {
  test('hold the system and one account per source, without a password, with its own group', () => {
    const { passwd, group } = composeAccounts(debian, [sourceOf('pc.lan', 1001)], home);
    expect(passwd.split('\n')).toContain('pc.lan:*:1001:1001:berth source:/data/sources/pc.lan:/bin/sh');
    expect(passwd.split('\n')).toContain('messagebus:x:100:102::/:/usr/sbin/nologin');
    expect(group.split('\n')).toContain('pc.lan:*:1001:');
    expect(passwd.endsWith('\n') && group.endsWith('\n')).toBe(true);
  });

  test('let a system account give way to a source with its name or its number', () => {
    const { passwd, group } = composeAccounts(debian, [sourceOf('HOSTNAME', 100), sourceOf('backup', 1002)], home);
    expect(passwd).not.toContain('messagebus');
    expect(passwd).not.toContain('/var/backups');
    expect(group).not.toContain('users');
    expect(passwd.match(/^backup:/gm)).toHaveLength(1);
  });

  test('keep sshd apart from every source', () => {
    const { passwd } = composeAccounts(debian, [sourceOf('a', 102), sourceOf('b', 65_533)], home);
    expect(passwd).toContain('sshd:*:65532:65534::/run/sshd');
    expect(passwd.match(/^sshd:/gm)).toHaveLength(1);
  });

  test('have the coordinator’s account, which nobody shares and nobody logs in as', () => {
    const base = {
      passwd: 'root:*:0:0::/root:/bin/sh\nberth:x:7:7::/home/berth:/bin/sh\nother:x:65531:65531::/:/bin/sh\n',
      group: 'root:*:0:\nberth:x:7:\nother:x:65531:\n',
    };
    const pushed = [sourceOf('a', 65_533), sourceOf('b', 65_532)];
    const { passwd, group } = composeAccounts(base, pushed, home);
    expect(passwd.match(/^.*:65531:.*$/gm)).toEqual([
      'berth:*:65531:65531:berth coordinator:/nonexistent:/usr/sbin/nologin',
    ]);
    expect(group.match(/^.*:65531:.*$/gm)).toEqual(['berth:*:65531:']);
    expect((passwd + group).match(/^berth:/gm)).toHaveLength(2);
    // sshd's number and the group of SFTP logins are counted down past it.
    expect(passwd).toMatch(/^sshd:\*:65530:/m);
    expect(group).toMatch(/^berth-sftp:\*:65530:/m);
  });

  test('never lose root, and never give its number or an account of the server away', () => {
    expect(composeAccounts(minimalBase, [], home).passwd).toMatch(/^root:\*:0:0:/m);
    const codes = accountFindings([sourceOf('root', 5), sourceOf('sshd', 6), sourceOf('x', 0), sourceOf('y', 65_534)]);
    expect(codes.map(({ code }) => code)).toEqual(['name-reserved', 'name-reserved', 'uid-reserved', 'uid-reserved']);
    expect(accountFindings([sourceOf('z', 65_531)]).map(({ code }) => code)).toEqual(['uid-reserved']);
    expect(accountFindings([sourceOf('mail', 8)])).toEqual([]);
  });
});
