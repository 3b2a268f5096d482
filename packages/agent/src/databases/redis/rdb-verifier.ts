import { Problem } from '@berth/common/problem.ts';
import { startChecker } from '../checker.ts';
import type { EngineWorld, Verifier } from '../engine.ts';
import { dumpUnverified } from '../failed.ts';
import type { RedisEntry } from '../redis.ts';
import { namesOf, toolPlace } from './cli.ts';
import { createCrc64 } from './crc64.ts';
import { holdBack } from './hold-back.ts';

const sumBytes = 8;
const endOfFile = 0xff;
/** From this version of the format on there is a sum, which may be switched off and is nothing but zeros then. */
const firstWithSum = 5;

/**
 * Looks at an RDB file as it passes: its head, its end and its sum here (https://rdb.fnordig.de/file_format.html), and all of it by redis-check-rdb
 * beside. That reads a pipe, but not what Node gives a child for its input, which is a socket: hence `cat`.
 */
export const rdbVerifier = (entry: RedisEntry, world: EngineWorld, signal: AbortSignal): Verifier => {
  const { checkRdb } = namesOf(entry);
  const argv = ['/bin/sh', '-c', `cat | ${checkRdb} /dev/stdin`] as const;
  const checker = startChecker(world, toolPlace(entry), { argv, as: entry.as }, signal);
  const back = holdBack(sumBytes);
  const crc = createCrc64();
  let head = '';
  let last = -1;
  return {
    see: async (chunk) => {
      if (head.length < 9) head += Buffer.from(chunk.subarray(0, 9 - head.length)).toString('latin1');
      const through = back.push(chunk);
      crc.update(through);
      last = through.at(-1) ?? last;
      await checker.see(chunk);
    },
    conclude: async () => {
      const version = Number(/^(?:REDIS(\d{4})|VALKEY(\d{3}))$/.exec(head)?.slice(1).join('') ?? Number.NaN);
      if (!Number.isInteger(version)) throw unverified('it does not begin as an RDB file');
      if (version >= firstWithSum) {
        if (last !== endOfFile) throw unverified('its end mark is missing');
        const stored = Buffer.from(back.held());
        if (stored.some((byte) => byte !== 0) && !stored.equals(crc.digest())) throw unverified('its sum is wrong');
      }
      return await bySecondLook(checker, checkRdb);
    },
    [Symbol.asyncDispose]: () => checker[Symbol.asyncDispose](),
  };
};

/** A checker that is not there, or too old to know this version of the format, is no reason to have no dump. */
const bySecondLook = async (checker: ReturnType<typeof startChecker>, name: string): Promise<'tool' | 'stream'> => {
  const end = await checker.conclude().catch((error: unknown) => {
    const isAway =
      error instanceof Problem && ['tool-missing', 'engine-away', 'container-missing'].includes(error.code);
    if (isAway) return null;
    throw error;
  });
  if (end === null || end.code === 127 || end.code === 126) return 'stream';
  if (end.code === 0) return 'tool';
  if (/Can't handle RDB format version|Wrong signature/.test(end.stdout)) return 'stream';
  throw unverified(`${name} found it broken`, end.stdout.slice(-2000));
};

const unverified = (why: string, words?: string): Problem =>
  dumpUnverified(`The dump is not whole: ${why}.`, words === undefined ? undefined : new Error(words));
