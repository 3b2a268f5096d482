import { Problem } from '@berth/common/problem.ts';
import { launchdPlan } from './launchd.ts';
import { offsetSeconds, type Place, type Plan } from './plan.ts';
import { type System, wakeCommand } from './program.ts';
import { systemdPlan } from './systemd.ts';
import { taskPlan } from './task-scheduler.ts';

/** The plan of a system. */
export const planOf = (system: System, place: Place): Plan =>
  ({ systemd: systemdPlan, launchd: launchdPlan, 'task-scheduler': taskPlan })[system](place);

/** What wakes programs here. `systemdRuns` is whether /run/systemd/system is there: sd_booted(3). */
export const systemOf = (platform: NodeJS.Platform, systemdRuns: boolean): System | null => {
  if (platform === 'darwin') return 'launchd';
  if (platform === 'win32') return 'task-scheduler';
  return platform === 'linux' && systemdRuns ? 'systemd' : null;
};

/** Where nothing that we know wakes programs: what to do instead, ready to paste. */
export const noTimer = (place: Place): Problem =>
  new Problem(
    'no-timer',
    'systemd does not run here, so there is nothing that "berth install" could tell to wake berth.',
    `In a container let "berth daemon" run. Elsewhere add this line with "crontab -e":\n  ${crontabLine(place)}`,
  );

/** A line for crontab(5): there a % ends the command unless it is escaped, and PATH is a short one. */
export const crontabLine = (place: Place): string => {
  const first = Math.floor(offsetSeconds(place) / 60);
  const variables = Object.entries(place.program.env).map(([name, value]) => `${name}=${shellWord(value)}`);
  const words = [...variables, ...wakeCommand(place.program).map(shellWord)].join(' ').replaceAll('%', '\\%');
  return `${first}-59/15 * * * * ${words}`;
};

const shellWord = (word: string): string =>
  /^[\w./:=@+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
