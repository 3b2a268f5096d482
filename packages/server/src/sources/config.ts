import { isSourceName } from '@berth/common/host-name.ts';
import { ingestOf, mediaOf } from './ingest-config.ts';
import { peopleOf } from './people-config.ts';
import { defaultConcurrency, scheduleOf, withoutAgent } from './schedule.ts';
import { defaultBrake, defaultProtectMs, defaultScrubMs, defaultScrubRate, type WrittenSources } from './schema.ts';
import type { ServerConfig, Source } from './source.ts';

/**
 * What is written → what is meant: every default filled in, `key` and `keys` one list, in the order of the file.
 * `hostTimeZone` is for a file that names none.
 */
export const toConfig = (written: WrittenSources, hostTimeZone: string): ServerConfig => {
  const { server, sources } = written;
  const protectMs = server?.protect ?? defaultProtectMs;
  return {
    sources: Object.entries(sources ?? {}).map(([name, own]): Source => {
      if (!isSourceName(name)) throw new Error('the schema lets only host names through');
      const schedule = scheduleOf(own, server ?? {});
      return {
        name,
        uid: own.uid,
        keys: own.keys ?? (own.key === undefined ? [] : [own.key]),
        quotaBytes: own.quota ?? null,
        protectMs: own.protect ?? protectMs,
        brake: own.brake ?? server?.brake ?? defaultBrake,
        floorBytes: server?.floor ?? null,
        access: own.access ?? 'restic',
        immutable: own.immutable ?? false,
        ping: own.ping ?? null,
        ingest: own.ingest === undefined ? null : ingestOf(own.ingest),
        media: own.media === undefined ? null : mediaOf(own.media),
        ...(own.access === 'sftp' ? withoutAgent(schedule) : schedule),
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
      people: peopleOf(written),
    },
  };
};
