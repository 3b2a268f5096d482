import { policySchema } from '@berth/common/control/policy.ts';
import { z } from 'zod';
import { channelSettingsSchema, pingSettingsSchema } from '../channels/settings.ts';

const minute = z.int().min(0).max(1439);

/** A source as people are told of it. */
const monitoredSource = z.object({
  name: z.string(),
  uid: z.int(),
  access: z.enum(['restic', 'sftp']),
  immutable: z.boolean(),
  everyMs: z.number(),
  overdueAfterMs: z.number(),
  window: z.string().nullable(),
  protectMs: z.number(),
  quotaBytes: z.number().nullable(),
  policy: policySchema,
  keyFingerprints: z.array(z.string()),
  /** Of a phone, which never logs in; null for every machine. */
  ingest: z
    .object({
      /** Where its files arrive, and where they are mirrored to, on the machine that holds them. */
      folder: z.string(),
      mirror: z.object({ folder: z.string(), types: z.enum(['media', 'all']) }).nullable(),
      /** Where its Syncthing answers; null where nobody is asked. */
      syncthing: z.string().nullable(),
    })
    .nullable(),
  ping: pingSettingsSchema.nullable(),
});
export type MonitoredSource = z.output<typeof monitoredSource>;

export const pageSettingsSchema = z.object({
  /** Where it listens: a numeric address and a port. */
  address: z.string(),
  port: z.int().min(0).max(65_535),
  /** Names under which it may be asked for (the Host header, against DNS rebinding), beside loopback ones and the address itself. */
  hosts: z.array(z.string()),
  /** Asked for by HTTP Basic, any user name; null where nobody is asked. */
  password: z.string().min(1).nullable(),
  /** A reverse proxy at one of these addresses (CIDR) says in this header who it let in. */
  proxy: z.object({ header: z.string(), from: z.array(z.string()).min(1) }).nullable(),
});
export type PageSettings = z.output<typeof pageSettingsSchema>;

/** What sources.yaml says of the digest, the alerts, the channels and the page: complete, with the secrets. */
export const monitorSettingsSchema = z.object({
  serverName: z.string(),
  timeZone: z.string(),
  concurrency: z.int(),
  /** Where people look, for links; null for none. */
  pageUrl: z.string().nullable(),
  digest: z.object({
    /** Minutes after midnight, by the server's wall clock. */
    at: minute,
  }),
  alerts: z.object({
    /** When only what is critical is told; null for never. May go over midnight. */
    quiet: z.object({ from: minute, to: minute }).nullable(),
    /** After how long a condition that stays is told again, in milliseconds; each pause is twice the one before. */
    remindMs: z.number(),
  }),
  channels: z.array(channelSettingsSchema),
  /**
   * Channels, pings (named by `pingName`) and the page (`page`) that can not be used, and why: a secret's file that is not there. They
   * are conditions.
   */
  broken: z.array(
    z.object({ kind: z.enum(['channel', 'ping', 'page']), name: z.string(), text: z.string(), remedy: z.string() }),
  ),
  /** Null where there is no page. */
  page: pageSettingsSchema.nullable(),
  /** For the server itself: pinged as long as all of it goes on. */
  ping: pingSettingsSchema.nullable(),
  sources: z.array(monitoredSource),
});
export type MonitorSettings = z.output<typeof monitorSettingsSchema>;

/** What a ping is called where channels have their names; null for the server's own. No channel and no source can be called so. */
export const pingName = (source: string | null): string => (source === null ? 'ping of the server' : `ping: ${source}`);
