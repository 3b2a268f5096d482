import { readFile } from 'node:fs/promises';
import { type Assignment, assignmentSchema } from '@berth/common/control/assignment.ts';
import { parseJson } from '@berth/common/parse-json.ts';
import { z } from 'zod';
import { type Destination, parseDestination } from '../transport/destination.ts';
import { replaceFile } from './replace-file.ts';

const storedSchema = z.object({
  /** `user@host:port` it came from: another server's word counts for nothing. */
  server: z.string(),
  /** This machine's clock when it came. */
  askedAt: z.iso.datetime(),
  assignment: assignmentSchema,
});

/** What the server last said of this machine's runs. Times are milliseconds. */
export interface CachedAssignment {
  readonly askedAtMs: number;
  /** What to add to this machine's clock to get the server's. */
  readonly aheadMs: number;
  readonly assignment: Assignment;
}

/** Joins an answer with the clock it met. */
export const cachedFrom = (assignment: Assignment, askedAt: Date): CachedAssignment => ({
  askedAtMs: askedAt.getTime(),
  aheadMs: Date.parse(assignment.now) - askedAt.getTime(),
  assignment,
});

/** Reads it; null when there is none of that server, or it can not be read. */
export const readAssignment = async (file: string, server: string): Promise<CachedAssignment | null> => {
  const stored = await storedIn(file);
  if (stored?.server !== server) return null;
  return cachedFrom(stored.assignment, new Date(stored.askedAt));
};

const storedIn = async (file: string): Promise<z.output<typeof storedSchema> | null> =>
  storedSchema.safeParse(parseJson(await readFile(file, 'utf8').catch(() => ''))).data ?? null;

/** The server that answered this machine last, and what it said; null when none did, or that can not be read. */
export const lastServer = async (
  file: string,
): Promise<{ readonly server: Destination; readonly cached: CachedAssignment } | null> => {
  const stored = await storedIn(file);
  if (stored === null) return null;
  const { server, askedAt, assignment } = stored;
  try {
    return { server: parseDestination(server, ''), cached: cachedFrom(assignment, new Date(askedAt)) };
  } catch {
    return null;
  }
};

/** Keeps it for the days when the server is away. One that can not be written is one we do not have then: never rejects. */
export const writeAssignment = async (
  file: string,
  server: string,
  { askedAtMs, assignment }: CachedAssignment,
): Promise<void> => {
  const content = JSON.stringify({ server, askedAt: new Date(askedAtMs).toISOString(), assignment });
  await replaceFile(file, `${content}\n`).catch(() => undefined);
};
