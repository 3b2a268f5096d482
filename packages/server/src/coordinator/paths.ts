import { join } from 'node:path';

/** The UID of the coordinator where it has one of its own; no source may have it. */
export const coordinatorUid = 65_531;

/** The coordinator's folder below the data directory: its own, 0700. */
export const stateFolder = (dataDir: string): string => join(dataDir, 'coordinator');
export const databaseFile = (folder: string): string => join(folder, 'state.db');

/** The folder of a source's socket, and the socket; `control` is `<runtime>/control`. */
export const socketFolder = (control: string, source: string): string => join(control, source);
export const socketFile = (control: string, source: string): string => join(control, source, 'api.sock');
