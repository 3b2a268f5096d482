import { Readable } from 'node:stream';
import { type Disk, nodeDisk } from '../../packages/server/src/store/disk.ts';
import type { PageCache } from './page-cache.ts';

/** Which call fails, and how. */
export interface Fault {
  /** The place of the call among all since `arm`, from 0 on. */
  readonly at: number;
  /** `short`: a write takes half of its bytes, as on a disk on which the rest no longer fits. */
  readonly code: 'ENOSPC' | 'EIO' | 'short';
  /** True when every later call fails as well, as of a disk that is full or dead. */
  readonly lasting: boolean;
}

/** A disk that counts what it is asked for and fails one of the calls, or all from one on. */
export interface FailingDisk {
  readonly disk: Disk;
  /** From now on calls are counted, and this is what fails; null: nothing. */
  readonly arm: (fault: Fault | null) => void;
  /** From now on nothing works but closing files. */
  readonly die: () => void;
  /** The calls since `arm`, in the order they began. */
  readonly calls: () => readonly string[];
}

/** What a full disk refuses: the other calls fail with EIO alone. */
const needsRoom = new Set([
  'createFile',
  'openAppend',
  'writev',
  'append',
  'sync',
  'link',
  'rename',
  'makeFolder',
  'syncFolder',
]);
const addsBytes = new Set(['writev', 'append']);
const opensFile = new Set(['createFile', 'openAppend', 'openRead']);

/** The faults that a call of this name can have. */
export const faultsOf = (call: string): readonly Fault['code'][] =>
  addsBytes.has(call) ? ['ENOSPC', 'EIO', 'short'] : needsRoom.has(call) ? ['ENOSPC', 'EIO'] : ['EIO'];

/**
 * The real disk behind a counter. Every method of it and of the files it opens is a call, those included that come to
 * be after this was written. `cache` hears of all that is done.
 */
export const failingDisk = (cache: PageCache): FailingDisk => {
  let fault: Fault | null = null;
  let dead = false;
  let calls: string[] = [];

  /** The fault that meets this call, or null. */
  const strike = (call: string): Fault['code'] | null => {
    if (dead) return 'EIO';
    const at = calls.length;
    calls.push(call);
    if (fault === null || at < fault.at || (at > fault.at && !fault.lasting)) return null;
    if (at === fault.at || fault.code === 'EIO') return fault.code;
    return needsRoom.has(call) ? 'ENOSPC' : null;
  };

  type Act = (words: readonly unknown[]) => unknown;

  const perform = async (call: string, path: string, words: readonly unknown[], act: Act): Promise<unknown> => {
    const struck = strike(call);
    const ended = dead ? null : await cache.begin(call, path, words);
    if (struck !== null && struck !== 'short') {
      // A file whose close fails is closed all the same (close(2)).
      if (call === 'close') await act(words);
      await ended?.(false);
      throw Object.assign(new Error(`${struck}: ${call}`), { code: struck });
    }
    try {
      const result = await act(struck === 'short' ? [half(words[0])] : words);
      await ended?.(true);
      return opensFile.has(call) ? counted(Object(result), () => path) : result;
    } catch (error) {
      await ended?.(false);
      throw error;
    }
  };

  /** `target` with every function of it behind `perform`; `pathOf` finds what a call is about in its words. */
  const counted = <T extends object>(target: T, pathOf: (words: readonly unknown[]) => string): T =>
    new Proxy(target, {
      get: (_, key) => {
        const value: unknown = Reflect.get(target, key);
        if (typeof value !== 'function') return value;
        const act: Act = (words) => Reflect.apply(value, target, words);
        // The one method that answers with a stream and not with a promise.
        if (key === 'createReadStream')
          return (...words: readonly unknown[]) => spoil(act(words), strike('createReadStream'));
        return (...words: readonly unknown[]) => perform(String(key), pathOf(words), words, act);
      },
    });

  return {
    disk: counted(nodeDisk, (words) => String(words.at(-1))),
    arm: (next) => {
      fault = next;
      calls = [];
    },
    die: () => {
      dead = true;
    },
    calls: () => calls,
  };
};

const half = (bytes: unknown): unknown => {
  if (!Array.isArray(bytes)) return bytes instanceof Uint8Array ? bytes.subarray(0, bytes.length >> 1) : bytes;
  const whole = Buffer.concat(bytes);
  return [whole.subarray(0, whole.length >> 1)];
};

const spoil = (stream: unknown, struck: Fault['code'] | null): unknown => {
  if (struck === null || !(stream instanceof Readable)) return stream;
  return stream.destroy(Object.assign(new Error(`${struck}: read`), { code: struck }));
};
