import { join } from 'node:path';

/** The monitor's folder below the data directory: its own, 0700. It has the coordinator's UID. */
export const monitorFolder = (dataDir: string): string => join(dataDir, 'monitor');
export const monitorDatabase = (folder: string): string => join(folder, 'state.db');
