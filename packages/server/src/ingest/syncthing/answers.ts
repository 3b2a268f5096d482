import { z } from 'zod';

/*
 * What is taken of Syncthing's answers; everything else in them is left. The shapes are those of 1.12 and later, 2.x among them.
 */

const deviceId = z.string().max(100);

/** https://docs.syncthing.net/rest/system-status-get.html */
export const systemStatusSchema = z.object({
  myID: deviceId,
  /** Another one after every start. */
  startTime: z.string().max(100),
});

/** https://docs.syncthing.net/rest/system-version-get.html */
export const versionSchema = z.object({ version: z.string() });

/** https://docs.syncthing.net/rest/config.html */
export const folderSchema = z.object({
  paused: z.boolean(),
  type: z.string(),
  ignoreDelete: z.boolean().default(false),
  markerName: z.string().default('.stfolder'),
  devices: z.array(z.object({ deviceID: deviceId })).nullable(),
});
export type FolderConfig = z.output<typeof folderSchema>;

/** https://docs.syncthing.net/rest/db-status-get.html; `state` is empty while the folder is paused, and then all numbers are 0. */
export const folderStatusSchema = z.object({
  state: z.string(),
  needTotalItems: z.int(),
  pullErrors: z.int().default(0),
  /** What stopped the folder; empty, or not there, where nothing did. */
  error: z.string().default(''),
});
export type FolderStatus = z.output<typeof folderStatusSchema>;

/** https://docs.syncthing.net/rest/system-connections-get.html */
export const connectionsSchema = z.object({
  connections: z.record(deviceId, z.object({ connected: z.boolean(), paused: z.boolean().default(false) })),
});
export type Connections = z.output<typeof connectionsSchema>['connections'];

/** https://docs.syncthing.net/rest/stats-device-get.html; 1970 for one that was never seen. */
export const deviceStatsSchema = z.record(deviceId, z.object({ lastSeen: z.string() }));
export type DeviceStats = z.output<typeof deviceStatsSchema>;

/** https://docs.syncthing.net/rest/events-get.html; what `data` is depends on the type, and many kinds are of no interest. */
export const eventsSchema = z
  .array(z.object({ id: z.int().positive(), type: z.string(), data: z.unknown() }))
  .nullable();
export type SyncthingEvent = { readonly id: number; readonly type: string; readonly data?: unknown };
