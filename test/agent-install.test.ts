import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planOf } from '../packages/agent/src/install/choose.ts';
import { realEffects } from '../packages/agent/src/install/effects.ts';
import type { Place, Plan } from '../packages/agent/src/install/plan.ts';
import { programOf } from '../packages/agent/src/install/program.ts';
import { requirePrograms } from '../scripts/docker/programs.ts';
import { agentBundle, type BootedHost, bootHost } from './helpers/booted-host.ts';
import { eventually, isRoot, repository } from './helpers/receiver.ts';

/** Everything that a quoting could get wrong. */
const oddHome = '/srv/my home/100% $HOME "a" \\n & <b>';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'berth-install-'));
});
afterAll(() => rm(directory, { recursive: true }));

const placeOf = (uid: number, home: string | null, platform: NodeJS.Platform = 'linux'): Place => {
  const windows = platform === 'win32';
  const program = programOf({
    execPath: windows ? 'C:\\Program Files\\nodejs\\node.exe' : process.execPath,
    script: windows ? 'C:\\Tools & more\\berth.mjs' : join(repository, 'packages/agent/src/cli.ts'),
    ...{ home, platform, env: {}, found: [{ folder: '/opt/my programs/100%/bin', trusted: true }] },
  });
  const personal = windows ? 'C:\\Users\\Ada' : '/home/ada';
  return {
    program,
    uid,
    user: 'ada',
    personal,
    configuration: join(personal, '.config'),
    data: '/data',
    state: '/state',
    host: 'box',
  };
};

/** A plan's files in a folder of their own; their paths. */
const write = async (plan: Plan): Promise<readonly string[]> => {
  const folder = await mkdtemp(join(directory, `${plan.system}-`));
  const paths = plan.files.map(({ path }) => join(folder, path.split(/[/\\]/).at(-1) ?? ''));
  for (const [index, file] of plan.files.entries()) await realEffects.write({ ...file, path: paths[index] ?? '' });
  return paths;
};

const run = async (program: string, ...words: readonly string[]) => {
  const options = { reject: false, stdin: 'ignore', timeout: 30_000, env: { XDG_RUNTIME_DIR: directory } } as const;
  const { exitCode, stdout, stderr } = await execa(program, words, options);
  return { exitCode, stdout, stderr };
};
const silent = { exitCode: 0, stdout: '', stderr: '' };

test.each([
  ['root', 0, null],
  ['root with a strange home', 0, oddHome],
  ['a person', 1000, null],
  ['a person with a strange home', 1000, oddHome],
] as const)('systemd has nothing to say about the units of %s', async (_, uid, home) => {
  await requirePrograms({ 'systemd-analyze': 'systemd' });
  const units = await write(planOf('systemd', placeOf(uid, home)));
  expect(await run('systemd-analyze', 'verify', '--man=no', uid === 0 ? '--system' : '--user', ...units)).toEqual(
    silent,
  );
});

/** The DTD that Apple's property lists name, as far as berth writes them. */
const plistDtd = `<!ENTITY % value "(string|integer|true|array|dict)">
<!ELEMENT plist %value;> <!ATTLIST plist version CDATA "1.0">
<!ELEMENT dict (key, %value;)*> <!ELEMENT array (%value;)*> <!ELEMENT true EMPTY>
<!ELEMENT key (#PCDATA)> <!ELEMENT string (#PCDATA)> <!ELEMENT integer (#PCDATA)>`;

test.each([
  ['root', 0, null],
  ['a person with a strange home', 501, oddHome],
] as const)('launchd’s property list for %s is one, and says what it should', async (_, uid, home) => {
  await requirePrograms({ plistutil: 'libplist-utils', xmllint: 'libxml2-utils' });
  const place = placeOf(uid, home, 'darwin');
  const [file = ''] = await write(planOf('launchd', place));
  // The DTD is named by an address on the internet; the copy that is looked at names ours.
  await writeFile(join(directory, 'plist.dtd'), plistDtd);
  const text = (await readFile(file, 'utf8')).replace(/PUBLIC ".+" ".+">/, `SYSTEM "${directory}/plist.dtd">`);
  await writeFile(`${file}.local`, text);
  expect(await run('xmllint', '--noout', '--nonet', '--valid', `${file}.local`)).toEqual(silent);
  // Through Apple's binary form and back: what libplist understood.
  const [binary, back] = [`${file}.bin`, `${file}.xml`];
  expect(await run('plistutil', '-i', file, '-o', binary, '-f', 'bin')).toMatchObject({ exitCode: 0 });
  expect(await run('plistutil', '-i', binary, '-o', back, '-f', 'xml')).toMatchObject({ exitCode: 0 });
  const at = async (key: string, rest = '') =>
    (
      await run(
        'xmllint',
        '--nonet',
        '--xpath',
        `string(/plist/dict/key[.="${key}"]/following-sibling::*[1]${rest})`,
        back,
      )
    ).stdout;
  expect(await at('ProgramArguments', '/string[1]')).toBe(process.execPath);
  expect(await at('ProgramArguments', '/string[last()]')).toBe(home ?? '--if-due');
  expect(await at('ProcessType')).toBe('Background');
  const minutes = await Promise.all([1, 2, 3, 4].map((n) => at('StartCalendarInterval', `/dict[${n}]/integer`)));
  expect(minutes.map((minute) => Number(minute) - Number(minutes[0]))).toEqual([0, 15, 30, 45]);
});

test.each([
  ['a default home', null],
  ['a strange home', 'C:\\Böser Ordner & <b>\\'],
])('the task for Windows with %s fits its format', async (_, home) => {
  await requirePrograms({ xmllint: 'libxml2-utils' });
  const [file = ''] = await write(planOf('task-scheduler', placeOf(0, home, 'win32')));
  const schema = join(repository, 'test/helpers/task-scheduler.xsd');
  const { exitCode, stderr } = await run('xmllint', '--noout', '--nonet', '--schema', schema, file);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: `${file} validates` });
});

describe.runIf(isRoot)('a host that systemd runs (needs root)', () => {
  // Of the receiver: the clone itself may lie in a folder that this host does not have.
  const node = '/usr/local/lib/berth/node';
  const agentYaml = 'server: 127.0.0.1:1\nname: box\npaths: [/etc]\n';
  let host: BootedHost;
  beforeAll(async () => {
    host = await bootHost((port) => `server: { port: ${port} }\nsources: {}\n`);
  }, 60_000);
  afterAll(() => host?.[Symbol.asyncDispose]());

  const timers = async (...systemctl: readonly string[]) =>
    (await host.run(...systemctl, 'list-timers', '--all', '--no-pager', '--no-legend')).stdout;
  /** Puts the bundle and a home on the host; the words that call it. */
  const put = async (program: string, home: string, owner = 'root'): Promise<readonly [string, string]> => {
    const words = `set -e; mkdir -p "$1" "$2"; cp "$3" "$1/berth.mjs"; printf %s "$4" > "$2/agent.yaml"; chown -R "$5:" "$2"`;
    const { exitCode, stderr } = await host.run('sh', '-c', words, 'sh', program, home, agentBundle, agentYaml, owner);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    return [node, `${program}/berth.mjs`];
  };

  test('root’s timer makes up for a wake that was slept through, calls this very program with its home, and goes without a trace', async () => {
    const home = '/srv/my home 100% $HOME';
    const berth = await put('/opt/my berth 100% $x', home);
    const units = async () =>
      (await host.run('find', '/etc/systemd/system', '/var/lib/systemd', '-not', '-type', 'd')).stdout
        .split('\n')
        .sort();
    const before = await units();
    const { stdout } = await host.run(...berth, 'install', '--home', home, '--json');
    const { name } = JSON.parse(stdout);
    expect(await timers('systemctl')).toMatch(new RegExp(`left .* ${name}\\.timer +${name}\\.service`));
    expect((await host.run('systemd-analyze', 'verify', '--man=no', `${name}.timer`)).stderr).toBe('');

    // There is no journal in here. A file that can't be right says which home was looked at.
    const file = host.path(join('/etc/systemd/system', `${name}.service.d`, 'log.conf'));
    await host.run('mkdir', join('/etc/systemd/system', `${name}.service.d`));
    await writeFile(file, '[Service]\nStandardError=append:/agent.log\n');
    // At once, and not some time within 40 s.
    await host.run('mkdir', join('/etc/systemd/system', `${name}.timer.d`));
    const quick = '[Timer]\nRandomizedDelaySec=0\nAccuracySec=1s\n';
    await writeFile(host.path(join('/etc/systemd/system', `${name}.timer.d`, 'quick.conf')), quick);
    await writeFile(host.path(`${home}/agent.yaml`), `${agentYaml}typo: 1\n`);
    // The last wake was an hour ago: what a machine finds after a boot.
    const script = `systemctl daemon-reload; systemctl stop "$1"; touch -d '1 hour ago' "/var/lib/systemd/timers/stamp-$1"; systemctl start "$1"`;
    await host.run('sh', '-c', script, 'sh', `${name}.timer`);
    await eventually('the timer has fired', 20_000, async () => {
      const log = await readFile(host.path('agent.log'), 'utf8').catch(() => '');
      return log.includes(`${home}/agent.yaml:4:1`);
    });
    const show = async (property: string) =>
      (await host.run('systemctl', 'show', '--property', property, '--value', `${name}.service`)).stdout;
    await eventually('it has ended', 10_000, async () => (await show('ExecMainStatus')) === '2');
    // A right one leads to a run. It was never enrolled, so it fails, and its report lies in the home that was named.
    await writeFile(host.path(`${home}/agent.yaml`), agentYaml);
    await host.run('systemctl', 'start', `${name}.service`);
    expect((await host.run('ls', `${home}/state/reports`)).stdout).toMatch(/^\S+\.json$/);
    expect([await show('ExecMainStatus'), await show('Nice')]).toEqual(['5', '5']);

    for (const unit of ['service', 'timer'])
      await host.run('rm', '-r', join('/etc/systemd/system', `${name}.${unit}.d`));
    const again = await host.run(...berth, 'install', '--home', home);
    expect(again.stdout).toContain('It was installed already');
    expect(await host.run(...berth, 'uninstall', '--home', home)).toMatchObject({ exitCode: 0 });
    expect(await timers('systemctl')).toBe('');
    expect(await units()).toEqual(before);
    expect((await host.run('systemctl', 'list-units', '--all', '--no-legend', `${name}*`)).stdout).toBe('');
    expect((await host.run('ls', home)).stdout).toContain('agent.yaml');
    expect(await host.run(...berth, 'uninstall', '--home', home)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('Nothing is installed'),
    });
  });

  test('a person’s timer is their own systemd’s; without one they are told what to do', async () => {
    const account = `echo 'ada:x:31500:31500::/home/ada:/bin/sh' >> /etc/passwd; echo 'ada:x:31500:' >> /etc/group
      install -d -o ada -g ada /home/ada /home/ada/.config /run/user /run/user/31500`;
    await host.run('sh', '-c', account);
    const berth = await put('/opt/berth', '/home/ada/.config/berth', 'ada');
    const env = ['env', '-i', 'HOME=/home/ada', 'PATH=/usr/bin:/bin', 'XDG_RUNTIME_DIR=/run/user/31500'];
    const ada = ['setpriv', '--reuid', '31500', '--regid', '31500', '--clear-groups', ...env];
    const refused = await host.run(...ada, ...berth, 'install');
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain('loginctl enable-linger ada');

    const settings = ['-p', 'Delegate=yes', '-E', 'XDG_RUNTIME_DIR=/run/user/31500', '-E', 'HOME=/home/ada'];
    const manager = ['--uid=31500', '--gid=31500', ...settings, '/lib/systemd/systemd', '--user'];
    await host.run('systemd-run', '--unit=ada', ...manager);
    const systemctl = [...ada, 'systemctl', '--user'];
    await eventually('her systemd answers', 10_000, async () => {
      return (await host.run(...systemctl, 'show', '--property=Version')).exitCode === 0;
    });
    const { exitCode, stdout } = await host.run(...ada, ...berth, 'install');
    expect({ exitCode, linger: stdout.includes('enable-linger ada') }).toEqual({ exitCode: 0, linger: true });
    expect(await timers(...systemctl)).toContain('berth-agent.timer');
    expect(await timers('systemctl')).not.toContain('berth-agent.timer');
    await host.run(...systemctl, 'start', 'berth-agent.service');
    const reports = '/home/ada/.local/state/berth/reports';
    expect((await host.run('ls', reports)).stdout).toMatch(/^\S+\.json$/);
    expect((await host.run('stat', '--format=%U', reports)).stdout).toBe('ada');
    expect(await host.run(...ada, ...berth, 'uninstall')).toMatchObject({ exitCode: 0 });
    expect(await timers(...systemctl)).toBe('');
    expect((await host.run('find', '/home/ada/.config/systemd', '-type', 'f')).stdout).toBe('');
  });
});
