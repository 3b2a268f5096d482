import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { crontabLine, noTimer, planOf, systemOf } from './choose.ts';
import { type Effects, realEffects } from './effects.ts';
import { install, type Step } from './install.ts';
import { find } from './place.ts';
import { mark, nameOf, offsetSeconds, type Place } from './plan.ts';
import { programOf, type System, systems, wakeCommand } from './program.ts';
import { installed, uninstall } from './uninstall.ts';

const program = (home: string | null = null) =>
  programOf({
    ...{ execPath: '/opt/node/bin/node', script: '/opt/berth/berth.mjs', home, found: [] },
    ...{ env: {}, platform: 'linux' },
  });
const place = (more: Partial<Place> = {}): Place => ({
  ...{ program: program(), uid: 1000, user: 'ada', personal: '/home/ada', configuration: '/home/ada/.config' },
  data: '/home/ada/.local/share',
  ...{ state: '/home/ada/.local/state/berth', host: 'laptop', ...more },
});
const contentOf = (system: System, at: Place): string =>
  planOf(system, at)
    .files.map(({ content }) => content)
    .join('\n');

describe('what is called', () => {
  test('is the program that runs, with the home it was told', () => {
    expect(wakeCommand(program('/srv/my berth'))).toEqual([
      ...['/opt/node/bin/node', '--disable-warning=ExperimentalWarning', '/opt/berth/berth.mjs'],
      ...['run', '--if-due', '--home', '/srv/my berth'],
    ]);
  });

  test('finds restic where it is found now, and a default home where it is now', () => {
    const { env, leftOut } = programOf({
      ...{ execPath: '/n', script: '/s', home: null, platform: 'linux' },
      env: { XDG_STATE_HOME: '/data/state', XDG_CONFIG_HOME: 'relative', SECRET: 'x' },
      found: [
        { folder: '/home/ada/bin', trusted: true },
        { folder: '/usr/bin', trusted: true },
        { folder: '/tmp/bin', trusted: false },
      ],
    });
    expect(env).toEqual({
      PATH: '/home/ada/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      XDG_STATE_HOME: '/data/state',
    });
    expect(leftOut).toEqual(['/tmp/bin']);
  });

  test.each<[NodeJS.Platform, string]>([
    ['linux', '/srv/a\nExecStart=/bin/evil'],
    ['linux', 'relative'],
    ['win32', 'C:\\100%\\berth'],
    ['win32', 'C:\\$(Arg0)'],
  ])('%s: a path that no file could carry is refused: %j', (platform, home) => {
    const drive = platform === 'win32' ? 'C:' : '';
    const make = () => programOf({ execPath: `${drive}/n`, script: `${drive}/s`, home, env: {}, platform, found: [] });
    expect(make).toThrow(/cannot be told to call/);
  });

  test('a folder where others may put programs is not trusted', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'berth-path-'));
    try {
      await writeFile(join(folder, 'restic'), '', { mode: 0o755 });
      const trusted = async (mode: number, uid: number) => {
        await chmod(folder, mode);
        return (await find('restic', ['/nowhere', folder], uid))?.trusted;
      };
      const me = process.getuid?.() ?? 0;
      expect(await trusted(0o755, me)).toBe(true);
      expect(await trusted(0o777, me)).toBe(false);
      if (me === 0) expect(await trusted(0o775, me)).toBe(false);
      expect(await trusted(0o755, me + 1)).toBe(me === 0);
      expect(await find('ssh', [folder], me)).toBeNull();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('names and minutes', () => {
  test('every home has its own name, which every system can use', () => {
    const names = ['/srv/my berth', '/srv/other/my berth', '/', '/ä%$"'].map(nameOf);
    expect(nameOf(null)).toBe('berth-agent');
    expect(new Set(names).size).toBe(4);
    for (const name of names) expect(name).toMatch(/^berth-agent-[A-Za-z0-9-]+$/);
  });

  test('a machine keeps its minute, and a fleet spreads over all fifteen', () => {
    const offsets = Array.from({ length: 900 }, (_, index) => offsetSeconds(place({ host: `host-${index}` })));
    expect(offsetSeconds(place({ host: 'host-7' }))).toBe(offsets[7]);
    const perMinute = Array.from({ length: 15 }, (_, m) => offsets.filter((o) => Math.floor(o / 60) === m).length);
    expect(Math.min(...perMinute)).toBeGreaterThan(35);
    expect(Math.max(...offsets)).toBeLessThan(900);
  });
});

describe('systemd', () => {
  test('root gets units of the machine, others their own, and are told how to be woken without a login', () => {
    const root = planOf('systemd', place({ uid: 0 }));
    expect(root.files.map(({ path }) => path)).toEqual([
      '/etc/systemd/system/berth-agent.service',
      '/etc/systemd/system/berth-agent.timer',
    ]);
    expect(root.enable.map(({ argv }) => argv.join(' '))).toEqual([
      'systemctl daemon-reload',
      'systemctl enable berth-agent.timer',
      'systemctl restart berth-agent.timer',
    ]);
    const own = planOf('systemd', place());
    expect(own.files[0]?.path).toBe('/home/ada/.config/systemd/user/berth-agent.service');
    expect(own.enable[1]?.argv).toEqual(['systemctl', '--user', 'enable', 'berth-agent.timer']);
    expect(own.notes.join('\n')).toContain('loginctl enable-linger ada');
    expect(root.notes.join('\n')).not.toContain('linger');
  });

  test('a strange home goes through as one word', () => {
    const text = contentOf('systemd', place({ program: program('/srv/100% "my" $HOME\\x') }));
    expect(text).toContain(' --home "/srv/100%% \\"my\\" $$HOME\\\\x"\n');
  });

  test('in the first word a $ stands for itself', () => {
    const odd = programOf({
      ...{ execPath: '/opt/$n/node', script: '/s', home: null, env: {}, platform: 'linux', found: [] },
    });
    expect(contentOf('systemd', place({ program: odd }))).toContain('ExecStart=/opt/$n/node ');
  });

  test('a restic that is killed for want of memory takes nothing with it, so that its failure is reported', () => {
    const [service] = planOf('systemd', place()).files;
    expect(service?.content).toMatch(/^\[Service\]\n(?:.+\n)*OOMPolicy=continue\n/m);
  });

  test('a unit of root’s may read everything, a person’s may still use sudo in hooks', () => {
    const root = contentOf('systemd', place({ uid: 0 }));
    expect(root).not.toMatch(/^(?:Protect|Private|ReadOnly|Inaccessible|NoNewPrivileges|Capability|SystemCall)/m);
    expect(contentOf('systemd', place())).not.toMatch(/^(?:Restrict|Lock|SystemCall|NoNewPrivileges)/m);
  });
});

describe('elsewhere', () => {
  test('Windows gets its words quoted as its programs read them', () => {
    const windows = programOf({
      ...{ execPath: 'C:\\Program Files\\node.exe', script: 'C:\\b & c\\berth.mjs', home: 'C:\\my home\\' },
      ...{ env: {}, platform: 'win32', found: [] },
    });
    const text = contentOf('task-scheduler', place({ program: windows }));
    expect(text).toContain('<Command>C:\\Program Files\\node.exe</Command>');
    expect(text).toContain('"C:\\b &amp; c\\berth.mjs" run --if-due --home "C:\\my home\\\\"</Arguments>');
  });

  test('the schedulers there are, and what to do where there is none', () => {
    expect([systemOf('linux', true), systemOf('darwin', false), systemOf('win32', false)]).toEqual(systems);
    expect([systemOf('linux', false), systemOf('freebsd', true)]).toEqual([null, null]);
    expect(noTimer(place()).remedy).toContain('"berth daemon"');
  });

  test('the crontab line means the same to cron and sh', () => {
    const at = place({ program: program("/tmp/it's 5% $HOME") });
    const line = crontabLine(at);
    expect(line).toMatch(/^\d{1,2}-59\/15 \* \* \* \* PATH=/);
    // cron takes the first unescaped % for the end of the command, and the backslash from the others.
    expect(line).not.toMatch(/(?<!\\)%/);
    const command = line
      .split(' ')
      .slice(5)
      .join(' ')
      .replaceAll('\\%', '%')
      .replace(/^PATH=\S+ \S+/, "printf '%s\\n'");
    const words = execFileSync('/bin/sh', ['-c', command], { encoding: 'utf8' }).trimEnd().split('\n');
    expect(words).toEqual(wakeCommand(at.program).slice(1));
  });
});

/** A machine in memory; `failing` names commands that do not work, each as often as it is listed. */
const machine = (files: Record<string, string> = {}, failing: string[] = []) => {
  const ran: string[] = [];
  const disk = new Map(Object.entries(files));
  const effects: Effects = {
    read: async (path) => disk.get(path) ?? null,
    write: async ({ path, content }) => void disk.set(path, content),
    remove: async (path) => void disk.delete(path),
    run: async (argv) => {
      const line = argv.join(' ');
      ran.push(line);
      const at = failing.indexOf(line);
      if (at === -1) return { ok: true, words: '' };
      failing.splice(at, 1);
      return { ok: false, words: 'Failed to connect to bus: No medium found\n' };
    },
    sleep: async () => undefined,
  };
  const steps: Step[] = [];
  return { effects, disk, ran, steps, onStep: (step: Step) => void steps.push(step) };
};

describe.each(systems)('%s', (system) => {
  const plan = planOf(system, place());

  test('installing writes its files and says each step; again it changes nothing', async () => {
    const { effects, disk, steps, onStep } = machine();
    expect(await install(plan, effects, onStep)).toBe(true);
    expect([...disk.keys()]).toEqual(plan.files.map(({ path }) => path));
    expect(steps.map(({ type }) => type)).toEqual([...plan.files.map(() => 'write'), ...plan.enable.map(() => 'run')]);
    expect(await install(plan, effects, onStep)).toBe(false);
  });

  test('an older one of ours is brought up to date, a stranger’s file is left as it is', async () => {
    const [first] = plan.files.map(({ path }) => path);
    if (first === undefined) return expect.unreachable();
    const old = machine({ [first]: `# ${mark}\nolder` });
    expect(await install(plan, old.effects, old.onStep)).toBe(true);
    const strange = machine({ [first]: 'mine' });
    await expect(install(plan, strange.effects, strange.onStep)).rejects.toMatchObject({ code: 'not-ours' });
    expect([strange.disk.get(first), strange.ran, strange.steps]).toEqual(['mine', [], []]);
  });

  test('uninstalling takes back exactly that; where nothing is, it does nothing', async () => {
    const traces = Object.fromEntries(plan.traces.map((path) => [path, '']));
    const { effects, disk, ran, onStep } = machine({ '/etc/other': 'other', ...traces });
    await install(plan, effects, onStep);
    expect(await installed(plan, effects)).toEqual(plan.files.map(({ path }) => path));
    expect(await uninstall(plan, effects, onStep)).toEqual(plan.files.map(({ path }) => path));
    expect([...disk.keys()]).toEqual(['/etc/other']);
    ran.length = 0;
    expect(await uninstall(plan, effects, onStep)).toEqual([]);
    expect(ran).toEqual([]);
  });

  test('a stranger’s file under our name is not removed', async () => {
    const [first] = plan.files.map(({ path }) => path);
    const { effects, disk, onStep } = machine({ [first ?? '']: 'mine' });
    expect(await uninstall(plan, effects, onStep)).toEqual([]);
    expect(disk.size).toBe(1);
  });

  test('a command that fails is told with its words', async () => {
    const command = plan.enable.find(({ mayFail, again }) => !mayFail && !again) ?? plan.enable[0];
    const { effects, onStep } = machine({}, [command?.argv.join(' ') ?? '']);
    await expect(install(plan, effects, onStep)).rejects.toMatchObject({
      code: 'command-failed',
      message: expect.stringContaining('No medium found'),
    });
  });
});

test('where the person’s systemd does not answer, nothing is written, and the remedy says how it will', async () => {
  const plan = planOf('systemd', place());
  const { effects, disk, onStep } = machine({}, ['systemctl --user show --property=Version']);
  await expect(install(plan, effects, onStep)).rejects.toMatchObject({
    code: 'timer-unreachable',
    message: 'systemd does not answer: Failed to connect to bus: No medium found.',
    remedy: expect.stringContaining('XDG_RUNTIME_DIR=/run/user/1000'),
  });
  expect(disk.size).toBe(0);
});

test('launchd, which needs a moment to be done with the old job, is asked again', async () => {
  const plan = planOf('launchd', place());
  const bootstrap = plan.enable.at(-1)?.argv.join(' ') ?? '';
  const { effects, ran, onStep } = machine({}, [bootstrap, bootstrap]);
  expect(await install(plan, effects, onStep)).toBe(true);
  expect(ran.filter((line) => line === bootstrap)).toHaveLength(3);
});

test('the machine itself: files are whole and readable, in the encoding that was planned', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'berth-effects-'));
  try {
    const path = join(directory, 'new/task.xml');
    await realEffects.write({ path, content: 'ä<', encoding: 'utf-16le' });
    expect((await readFile(path)).toString('hex')).toBe('fffee4003c00');
    expect(await realEffects.read(path)).toBe('ä<');
    expect(await realEffects.read(join(directory, 'missing'))).toBeNull();
    await mkdir(join(directory, 'taken'));
    const taken = { path: join(directory, 'taken'), content: '', encoding: 'utf-8' } as const;
    await expect(realEffects.write(taken)).rejects.toThrow();
    expect(await realEffects.run(['sh', '-c', 'echo out; echo err >&2; exit 3'])).toEqual({
      ok: false,
      words: 'out\nerr',
    });
    expect(await realEffects.run(['/nonexistent/program'])).toMatchObject({
      ok: false,
      words: expect.stringMatching(/ENOENT/),
    });
    await realEffects.remove(path);
    expect(await realEffects.read(path)).toBeNull();
  } finally {
    await rm(directory, { recursive: true });
  }
});
