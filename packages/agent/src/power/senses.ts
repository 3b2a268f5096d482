import { type Ask, askProgram } from './ask.ts';
import { linuxOnBattery, macOnBattery, powerSupplies, windowsOnBattery } from './battery.ts';
import { linuxMetered, windowsMetered } from './metered.ts';

/** How this machine is fed and connected, asked anew each time. Neither rejects: what is unknown is false. */
export interface Senses {
  readonly onBattery: () => Promise<boolean>;
  readonly metered: () => Promise<boolean>;
}

/** The senses of an operating system. macOS does not tell programs which network is metered, so there none is. */
export const sensesOf = (
  platform: NodeJS.Platform = process.platform,
  ask: Ask = askProgram,
  supplies: string = powerSupplies,
): Senses => {
  const never = async (): Promise<boolean> => false;
  switch (platform) {
    case 'linux':
      return { onBattery: () => linuxOnBattery(supplies), metered: () => linuxMetered(ask) };
    case 'darwin':
      return { onBattery: () => macOnBattery(ask), metered: never };
    case 'win32':
      return { onBattery: () => windowsOnBattery(ask), metered: () => windowsMetered(ask) };
    default:
      return { onBattery: never, metered: never };
  }
};
