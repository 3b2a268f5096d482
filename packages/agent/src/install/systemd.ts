import { join } from 'node:path';
import { mark, nameOf, offsetSeconds, type Place, type Plan } from './plan.ts';
import { wakeCommand } from './program.ts';

/** Where systemd looks for units of the machine's own. */
export const systemUnits = '/etc/systemd/system';

/** A service that wakes once, and a timer that calls it: root's for the whole machine, everyone else's for themselves. */
export const systemdPlan = (place: Place): Plan => {
  const root = place.uid === 0;
  const name = nameOf(place.program.home);
  const folder = root ? systemUnits : join(place.configuration, 'systemd/user');
  const timer = `${name}.timer`;
  const systemctl = (...words: string[]) => ['systemctl', ...(root ? [] : ['--user']), ...words] as const;
  return {
    ...{ system: 'systemd', scope: root ? 'system' : 'user', name },
    files: [
      { path: join(folder, `${name}.service`), content: serviceUnit(place), encoding: 'utf-8' },
      { path: join(folder, timer), content: timerUnit(place), encoding: 'utf-8' },
    ],
    check: root ? null : { argv: systemctl('show', '--property=Version'), remedy: noUserManager(place) },
    enable: [
      { argv: systemctl('daemon-reload') },
      { argv: systemctl('enable', timer) },
      // Not only started: one that runs already would keep its old times.
      { argv: systemctl('restart', timer) },
    ],
    // The moment of its last wake, for Persistent=. "systemctl clean" would remove it too, but not where no D-Bus runs.
    traces: [join(root ? '/var/lib' : place.data, 'systemd/timers', `stamp-${timer}`)],
    disable: [{ argv: systemctl('disable', '--now', timer), mayFail: true }],
    forget: [
      { argv: systemctl('daemon-reload') },
      { argv: systemctl('reset-failed', `${name}.service`), mayFail: true },
    ],
    notes: [
      `Its next wake: ${systemctl('list-timers', timer).join(' ')}`,
      `Its words: journalctl ${root ? '' : '--user '}-u ${name}`,
      ...(root
        ? []
        : [`It wakes only while you are logged in. So that it wakes always: loginctl enable-linger ${place.user}`]),
    ],
  };
};

/** After su and sudo the person's own systemd is out of reach, and where nobody is logged in it does not run. */
const noUserManager = ({ user, uid }: Place): string =>
  `Log in as ${user} (su and sudo do not), or type as root: loginctl enable-linger ${user}; then as ${user}: export XDG_RUNTIME_DIR=/run/user/${uid}`;

/** Where they are installed and start too: what a run before the boot left stopped is started again by them. They are not waited for otherwise. */
const engines = 'docker.service podman.socket';

const serviceUnit = (place: Place): string => {
  const root = place.uid === 0;
  const { program } = place;
  return `# ${mark}
[Unit]
Description=berth: backs this machine up when its time has come
${root ? `Wants=network-online.target\nAfter=network-online.target ${engines}\n` : ''}
[Service]
Type=oneshot
ExecStart=${execStart(wakeCommand(program))}
${Object.entries(program.env)
  .map(([variable, value]) => `Environment=${quoted(`${variable}=${value}`)}\n`)
  .join(
    '',
  )}# Some files left out (3) is for the report to say, and another run going on (6) is as it should be: no failure of the unit.
SuccessExitStatus=3 6
# A first backup may take days. There is no second wake beside it: a oneshot service that runs is not started again.
TimeoutStartSec=infinity
# A hook or a restic that the kernel ends for want of memory is a step that failed, and berth reports it as that.
# systemd would stop berth too, and the report would only say that it was stopped.
OOMPolicy=continue
# Only berth is told to end; it interrupts restic, which tidies up. What is left after a minute is killed.
KillMode=mixed
TimeoutStopSec=60
# For berth and its hooks. restic's own place is \`priority\` in agent.yaml, on top of this.
Nice=5
IOSchedulingClass=best-effort
IOSchedulingPriority=6
${root ? hardening : ''}`;
};

/**
 * A backup reads every file, and its hooks dump databases, mount snapshots and call whatever they like: no sandbox that hides or protects
 * parts of the system would let them. For a person's units even these would take sudo from the hooks (they imply NoNewPrivileges).
 */
const hardening = `# It reads every file, and hooks do as they like: what stays is what neither needs.
LockPersonality=yes
RestrictRealtime=yes
KeyringMode=private
`;

const timerUnit = (place: Place): string => {
  const offset = offsetSeconds(place);
  const two = (number: number): string => `${number}`.padStart(2, '0');
  return `# ${mark}
[Unit]
Description=berth: looks every 15 minutes whether a backup is due

[Timer]
# This machine's own minute, so that a fleet does not ask at once. The agent waits for a slot that begins before its next wake.
OnCalendar=*:${two(Math.floor(offset / 60))}/15:${two(offset % 60)}
RandomizedDelaySec=20s
AccuracySec=20s
# A wake that was slept through is made up for after resume and boot.
Persistent=true
# Soon after a boot in any case: a run that the power failure ended may have left containers stopped.
OnBootSec=1min

[Install]
WantedBy=timers.target
`;
};

/**
 * systemd.service(5), "Command lines": the first word is no place for variables, so a \`$\` in it stands for itself; in the others it is
 * doubled. Specifiers (%) are replaced everywhere.
 */
const execStart = ([program, ...words]: readonly [string, ...string[]]): string =>
  [quoted(program), ...words.map((word) => quoted(word).replaceAll('$', '$$$$'))].join(' ');

/** A word as systemd.syntax(7) reads it back; left bare where that is the same. */
const quoted = (word: string): string => {
  const escaped = word.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%');
  return /^[\w./:=@+,%$-]+$/.test(escaped) ? escaped : `"${escaped}"`;
};
