import { accepted, type Parsed, quoted, refused } from '@berth/common/parsed.ts';
import { textField } from '@berth/common/yaml/field.ts';
import { z } from 'zod';
import type { ContainersSettings } from '../containers/settings.ts';
import { pathField } from '../databases/entry.ts';
import { span, written } from './written.ts';

const examples = 'unix:///var/run/docker.sock or tcp://127.0.0.1:2375';

const engine = (value: string): Parsed<string> => {
  if (/^unix:\/\/\/[^\0?#]+$/.test(value)) return accepted(value);
  if (value.startsWith('/')) {
    return refused('engine', `${quoted(value)} is no address of an engine`, `Write unix://${value}.`);
  }
  const url = /^(?:tcp|http):\/\//.test(value) ? URL.parse(value.replace(/^tcp:/, 'http:')) : null;
  if (url === null || url.hostname === '' || url.username !== '' || url.password !== '') {
    return refused('engine', 'this is no address of an engine of containers', `Write, for example, ${examples}.`);
  }
  return accepted(value);
};

const kept = written(span, 'timeout: 15m').prefault('15m');
const paths = (example: string) => z.array(pathField(example)).min(1).max(100).meta({ example });

/** A compose project's and a container's name, as their engines take them. */
const engineName = (example: string) =>
  z
    .string()
    .regex(/^[a-zA-Z0-9][\w.-]{0,119}$/)
    .nullable()
    .default(null)
    .meta({ example });

const stop = z
  .strictObject({
    name: engineName('name: grafana'),
    compose: engineName('compose: shop'),
    how: z.enum(['stop', 'pause']).default('stop').meta({ example: 'how: pause' }),
    paths: paths('paths: [/srv/grafana]').nullable().default(null),
    timeout: kept,
  })
  .transform(({ timeout: timeoutMs, ...entry }, context) => {
    if ((entry.name === null) === (entry.compose === null)) {
      const message = 'this names no container, or two';
      const remedy = 'Write one of name (a container) and compose (a project, all of it).';
      context.issues.push({ code: 'custom', message, input: entry, params: { code: 'container', remedy } });
    }
    return { ...entry, timeoutMs };
  })
  .meta({ example: 'stop: [{ compose: shop }]' });

/** `containers:` of agent.yaml; null where nothing of it is written, and then no engine is asked for anything. */
export const containers = z
  .strictObject({
    engine: textField(engine, 'engine: unix:///var/run/docker.sock').nullable().default(null),
    labels: z.boolean().default(true).meta({ example: 'labels: true' }),
    stop: z.array(stop).max(100).default([]).meta({ example: 'stop: [{ compose: shop, timeout: 5m }]' }),
  })
  .nullable()
  .default(null)
  .meta({ example: 'containers: { labels: true }' }) satisfies z.ZodType<ContainersSettings | null>;

/** `services:` of agent.yaml: systemd units that are stopped while their paths are copied. */
export const services = z
  .array(
    z
      .strictObject({
        unit: z
          .string()
          .max(255)
          .regex(/^[\w:@.\\][\w:@.\\-]*\.(?:service|socket|timer|path|target)$/, 'a unit is named with its ending')
          .meta({ example: 'unit: gitea.service' }),
        /** A unit of the user berth runs as, not of the system. */
        user: z.boolean().default(false).meta({ example: 'user: true' }),
        paths: paths('paths: [/var/lib/gitea]'),
        timeout: kept,
      })
      .transform(({ timeout: timeoutMs, ...service }) => ({ ...service, timeoutMs })),
  )
  .max(100)
  .default([])
  .meta({ example: 'services: [{ unit: gitea.service, paths: [/var/lib/gitea] }]' });

/** One of `services:`. */
export type Service = z.output<typeof services>[number];

/** `snapshots:` of agent.yaml: whether file systems are kept as they are in one moment while they are copied. */
export const snapshots = z.enum(['never', 'auto', 'required']).default('never').meta({ example: 'snapshots: auto' });
