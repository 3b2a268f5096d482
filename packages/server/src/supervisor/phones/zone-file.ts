import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The file by which restic knows this zone (an IANA name), where Go looks for it (https://pkg.go.dev/time#LoadLocation); null on a machine
 * without it, where restic counts days in UTC.
 */
export const zoneFileOf = (timeZone: string): string | null => {
  const path = join('/usr/share/zoneinfo', timeZone);
  return existsSync(path) ? path : null;
};
