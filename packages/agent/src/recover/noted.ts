import { isAbsolute } from 'node:path';
import { z } from 'zod';
import type { Noted } from './things.ts';

const text = z.string().min(1).max(4096);
const path = text.refine((name) => isAbsolute(name) && !name.includes('\0') && !name.split(/[\\/]/).includes('..'));

/** What marks a snapshot as berth's own: nothing else is ever removed. */
export const snapshotPrefix = 'berth-';

const snapshotNames = {
  btrfs: /\/\.berth-[\w.-]+$/,
  zfs: /^[^-@][^@]*@berth-[\w.-]+$/,
  lvm: /^[\w.+][\w.+-]*\/berth-[\w.-]+$/,
} as const;

/** A note as it is read back from the disk: whoever damaged the file must not make recover remove what is not berth's. */
export const notedSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('container'),
    id: text,
    name: text,
    compose: z.object({ project: text, service: text, number: text }).nullable(),
    how: z.enum(['stop', 'pause', 'exec']),
  }),
  z.object({
    kind: z.literal('unit'),
    unit: z
      .string()
      .max(255)
      .regex(/^[\w:@.\\][\w:@.\\-]*$/),
    user: z.boolean(),
  }),
  z.object({
    kind: z.literal('process'),
    pid: z
      .int()
      .min(2)
      .max(2 ** 31),
    startTicks: z.string().regex(/^\d{1,20}$/),
    boot: z.string().min(1).max(100),
  }),
  z.object({
    kind: z.literal('exec'),
    container: text,
    startedAt: text,
    pid: z
      .int()
      .min(2)
      .max(2 ** 31),
  }),
  z
    .object({ kind: z.literal('snapshot'), type: z.enum(['btrfs', 'zfs', 'lvm']), name: text, mount: path.nullable() })
    .refine(({ type, name }) => snapshotNames[type].test(name) && !name.split('/').includes('..')),
  z.object({ kind: z.literal('folder'), path }),
  z.object({ kind: z.literal('undo'), entry: text, what: z.string().max(100_000) }),
]) satisfies z.ZodType<Noted>;
