import { isAbsolute } from 'node:path';
import type { Bytes, SourceName } from '@berth/common/brand.ts';
import { parseDuration } from '@berth/common/duration.ts';
import { parseSourceName } from '@berth/common/host-name.ts';
import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import { parseSize } from '@berth/common/size.ts';
import { textField } from '@berth/common/yaml/field.ts';
import { z } from 'zod';
import { parseDestination } from '../transport/destination.ts';
import { containers, services, snapshots } from './containers.ts';
import { databases } from './databases.ts';
import { minimalExample } from './example.ts';
import { skip } from './skip.ts';
import { span, written } from './written.ts';

/** agent.yaml, checked, every default filled in. */
export type AgentConfig = z.output<typeof agentSchema>;

/** One hook: a line for /bin/sh, and how long it may take. */
export type Hook = AgentConfig['hooks']['before'][number];

const absolutePath = (path: string): Parsed<string> => {
  if (isAbsolute(path) && !path.includes('\0')) return accepted(path);
  if (path.startsWith('~')) {
    const remedy = `Write the whole path, for example /home/me${path.slice(1)}: only a shell knows whose home ~ is.`;
    return refused('relative-path', `${quoted(path)} begins with ~`, remedy);
  }
  const message = path === '' ? 'a path is empty' : `${quoted(path)} is no absolute path`;
  return refused('relative-path', message, `Write it from the root, for example /home/me/${path || 'Documents'}.`);
};

const server = (value: string): Parsed<string> => {
  try {
    parseDestination(value, 'name');
    return accepted(value);
  } catch (error) {
    if (error instanceof Problem) return refused('server', error.message, error.remedy);
    throw error;
  }
};

/** restic counts whole KiB per second; less than one would be no limit at all. */
const rate = (value: string): Parsed<Bytes> => {
  const size = parseSize(value.replace(/\/s$/, ''));
  if (!size.ok || size.value >= 1024) return size;
  return refused('rate', `${quoted(value)} is less than 1 KiB a second`, 'Write, for example, 2M (MiB a second).');
};

const percent = (least: number) => (value: string) => {
  const number = /^(\d{1,3}(?:\.\d{1,3})?) ?%$/.exec(value)?.[1];
  const share = Number(number);
  return number !== undefined && share >= least && share <= 100
    ? accepted(share)
    : refused('share', `${quoted(value)} is no share`, `Write a percentage from ${least}% to 100%, for example 5%.`);
};

/** As `restic prune --max-unused` reads it. */
const maxUnused = (value: string): Parsed<string> => {
  if (value === 'unlimited') return accepted(value);
  const share = percent(0)(value);
  if (share.ok) return accepted(`${share.value}%`);
  const size = parseSize(value);
  if (size.ok) return accepted(String(size.value));
  return refused('max-unused', `${quoted(value)} is neither a share nor a size`, 'Write, for example, 5% or 10G.');
};

const list = (example: string) => z.array(z.string().min(1)).max(1000).default([]).meta({ example });
const count = (example: string) => z.int().min(0).max(1000).optional().meta({ example });

const hook = z
  .strictObject({
    run: z.string().min(1).max(10_000).meta({ example: 'run: /usr/local/bin/dump-database' }),
    timeout: written(span, 'timeout: 10m').prefault('10m'),
  })
  .meta({ example: 'before: [{ run: /usr/local/bin/dump-database, timeout: 10m }]' });
const hooks = z.array(hook).max(20).default([]);

/** Every key of agent.yaml. Unknown ones are errors: a misspelt exclude must not back up what it names. */
const fields = z.strictObject({
  server: textField(server, 'server: laptop@nas.lan:2222'),
  name: textField<SourceName>(parseSourceName, 'name: laptop'),
  paths: z
    .array(textField(absolutePath, 'paths: [/home, /etc]'))
    .min(1)
    .max(1000)
    .meta({ example: 'paths: [/home, /etc]' }),
  exclude: z
    .strictObject({
      patterns: list("patterns: ['*.tmp', /home/*/.cache]"),
      files: z.array(textField(absolutePath, 'files: [/etc/berth/excludes]')).max(100).default([]),
      caches: z.boolean().default(true).meta({ example: 'caches: true' }),
      if_present: list('if_present: [.nobackup]'),
      one_file_system: z.boolean().default(false).meta({ example: 'one_file_system: false' }),
      larger_than: written(parseSize, 'larger_than: 20G').nullable().default(null),
    })
    .prefault({})
    .meta({ example: "exclude: { patterns: ['*.tmp'] }" }),
  databases,
  containers,
  services,
  snapshots,
  retention: z
    .strictObject({
      daily: count('daily: 14'),
      weekly: count('weekly: 8'),
      monthly: count('monthly: 12'),
      yearly: count('yearly: 3'),
      keep_within: written(span, 'keep_within: 2d').optional(),
    })
    .prefault({})
    .meta({ example: 'retention: { daily: 14, weekly: 8, monthly: 12 }' }),
  prune: z
    .strictObject({
      every: written(span, 'every: 7d').optional(),
      max_unused: written(maxUnused, 'max_unused: 5%').prefault('5%'),
    })
    .prefault({})
    .meta({ example: 'prune: { every: 7d }' }),
  check: z
    .strictObject({
      every: written(span, 'every: 7d').optional(),
      share: written(percent(0.4), 'share: 5%').optional(),
    })
    .prefault({})
    .meta({ example: 'check: { every: 7d, share: 5% }' }),
  limits: z
    .strictObject({
      upload: written(rate, 'upload: 2M').nullable().default(null),
      download: written(rate, 'download: 10M').nullable().default(null),
    })
    .prefault({})
    .meta({ example: 'limits: { upload: 2M }' }),
  priority: z
    .strictObject({
      nice: z.int().min(0).max(19).default(10).meta({ example: 'nice: 10' }),
      ionice: z.enum(['idle', 'low', 'normal']).default('low').meta({ example: 'ionice: low' }),
    })
    .prefault({})
    .meta({ example: 'priority: { nice: 10, ionice: low }' }),
  skip,
  hooks: z
    .strictObject({ before: hooks, after: hooks, failure: hooks })
    .prefault({})
    .meta({ example: 'hooks: { before: [{ run: /usr/local/bin/dump-database }] }' }),
  retry: z
    .strictObject({
      for: written(parseDuration, 'for: 4h').prefault('4h'),
      first: written(span, 'first: 10s').prefault('10s'),
      longest: written(span, 'longest: 10m').prefault('10m'),
    })
    .prefault({})
    .meta({ example: 'retry: { for: 4h }' }),
});

const day = 86_400_000;

/** With what holds where neither agent.yaml nor the server says anything. */
const filled = ({ retention, prune, check }: Pick<z.output<typeof fields>, 'retention' | 'prune' | 'check'>) => ({
  retention: {
    daily: retention.daily ?? 14,
    weekly: retention.weekly ?? 8,
    monthly: retention.monthly ?? 12,
    yearly: retention.yearly ?? 3,
    keep_within: retention.keep_within ?? 2 * day,
  },
  prune: { every: prune.every ?? 7 * day, max_unused: prune.max_unused },
  check: { every: check.every ?? 7 * day, share: check.share ?? 5 },
});

/**
 * The whole file. Where `server` names no user, the agent logs in by its name: accounts are called as their source. `own` is what the file
 * itself writes of what the server may have a word in (config/policy.ts); beside it stands the same with the defaults filled in.
 */
export const agentSchema = fields
  .superRefine((config, context) => {
    const { daily, weekly, monthly, yearly } = filled(config).retention;
    if (daily + weekly + monthly + yearly > 0) return;
    const params = { code: 'retention', remedy: 'Write at least one, for example daily: 14.' };
    const message = 'this retention keeps nothing but the newest days';
    context.addIssue({ code: 'custom', path: ['retention'], message, params });
  })
  .transform((config) => ({
    ...config,
    ...filled(config),
    server: parseDestination(config.server, config.name),
    own: { retention: config.retention, prune: { every: config.prune.every }, check: config.check },
  }))
  .meta({ example: minimalExample });
