import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Ask, powershell } from './ask.ts';

/** Where Linux shows batteries and mains. */
export const powerSupplies = '/sys/class/power_supply';

/**
 * Whether Linux runs on its battery or its UPS's: something feeds it that discharges, and no mains is there. The battery of a mouse does
 * not count. What can't be read counts as mains: rather a backup too many than none.
 * https://docs.kernel.org/power/power_supply_class.html
 */
export const linuxOnBattery = async (directory: string): Promise<boolean> => {
  const names = await readdir(directory).catch(() => []);
  const supplies = await Promise.all(names.map((name) => readSupply(join(directory, name))));
  const own = supplies.filter(({ scope }) => scope !== 'Device');
  if (own.some(({ type, online }) => type !== 'Battery' && type !== 'UPS' && online === '1')) return false;
  return own.some(({ type, status }) => (type === 'Battery' || type === 'UPS') && status === 'Discharging');
};

const readSupply = async (directory: string) => {
  const read = async (name: string): Promise<string> =>
    (await readFile(join(directory, name), 'utf8').catch(() => '')).trim();
  const [type, scope, online, status] = await Promise.all(['type', 'scope', 'online', 'status'].map(read));
  return { type, scope, online, status };
};

/** macOS: `pmset -g batt` begins with: Now drawing from 'Battery Power'. A UPS says 'UPS Power'. */
export const macOnBattery = async (ask: Ask): Promise<boolean> =>
  /^Now drawing from '(?:Battery|UPS) Power'/m.test((await ask(['pmset', '-g', 'batt'])) ?? '');

/** Windows: what GetSystemPowerStatus calls the line. `Unknown` and no answer count as mains. */
export const windowsOnBattery = async (ask: Ask): Promise<boolean> =>
  ((await ask(powershell(lineStatus))) ?? '').trim() === 'Offline';

const lineStatus =
  'Add-Type -AssemblyName System.Windows.Forms; "$([System.Windows.Forms.SystemInformation]::PowerStatus.PowerLineStatus)"';
