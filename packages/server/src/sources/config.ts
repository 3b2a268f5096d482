import { isSourceName } from '@berth/common/host-name.ts';
import { nobodyToTell } from './people.ts';
import { defaultConcurrency, scheduleOf, withoutAgent } from './schedule.ts';
import { defaultBrake, defaultProtectMs, defaultScrubMs, defaultScrubRate, type WrittenSources } from './schema.ts';
import type { ServerConfig, Source } from './source.ts';

/**
 * What is written → what is meant: every default filled in, `key` and `keys` one list, in the order of the file.
 * `hostTimeZone` is for a file that names none.
 */
export const toConfig = ({ server, sources }: WrittenSources, hostTimeZone: string): ServerConfig => {
  const protectMs = server?.protect ?? defaultProtectMs;
  return {
    sources: Object.entries(sources ?? {}).map(([name, written]): Source => {
      if (!isSourceName(name)) throw new Error('the schema lets only host names through');
      const schedule = scheduleOf(written, server ?? {});
      return {
        name,
        uid: written.uid,
        keys: written.keys ?? (written.key === undefined ? [] : [written.key]),
        quotaBytes: written.quota ?? null,
        protectMs: written.protect ?? protectMs,
        brake: written.brake ?? server?.brake ?? defaultBrake,
        floorBytes: server?.floor ?? null,
        access: written.access ?? 'restic',
        immutable: written.immutable ?? false,
        ping: null,
        ...(written.access === 'sftp' ? withoutAgent(schedule) : schedule),
      };
    }),
    unfinished: sources === null,
    settings: {
      port: server?.port ?? null,
      protectMs,
      floorBytes: server?.floor ?? null,
      scrubMs: server?.scrub ?? defaultScrubMs,
      scrubRate: server?.scrub_rate ?? defaultScrubRate,
      concurrency: server?.concurrency ?? defaultConcurrency,
      timeZone: server?.time_zone ?? hostTimeZone,
      people: nobodyToTell,
    },
  };
};
