import { stat } from 'node:fs/promises';
import { execa } from 'execa';
import type { Home } from '../config/home.ts';
import { type Finding, failed, fine, warning } from './finding.ts';

const dayMs = 86_400_000;

/**
 * Is the clock sane? Retention counts days by it. It cannot be before the files enrolling wrote, and where systemd keeps the time,
 * it says whether the time came from the network.
 */
export const checkClock = async (home: Home, now: Date): Promise<Finding> => {
  const past = await newest([home.key, home.config, home.ledger]);
  if (past > now.getTime() + dayMs) {
    return failed(
      'clock',
      `The clock says ${now.toISOString()}, but files here are from ${new Date(past).toISOString()}.`,
      'Set the clock; a machine without a battery-backed one needs NTP.',
    );
  }
  const synchronized = await ntpSynchronized();
  return synchronized === false
    ? warning(
        'clock',
        `The clock says ${now.toISOString()} and is not set by the network.`,
        'Run: timedatectl set-ntp true',
      )
    : fine('clock', now.toISOString());
};

const newest = async (paths: readonly string[]): Promise<number> => {
  const times = await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );
  return Math.max(...times);
};

/** null where systemd is not there to ask. */
const ntpSynchronized = async (): Promise<boolean | null> => {
  const { stdout, failed: broken } = await execa('timedatectl', ['show', '-p', 'NTPSynchronized', '--value'], {
    reject: false,
    timeout: 5_000,
  });
  if (broken) return null;
  return stdout.trim() === 'yes';
};
