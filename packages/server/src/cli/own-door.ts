import { formatMoment, type Moment, parseMoment } from '@berth/common/moment.ts';
import { parseJson } from '@berth/common/parse-json.ts';
import { printable } from '@berth/common/parsed.ts';
import { Problem } from '@berth/common/problem.ts';
import { pino } from 'pino';
import type { PhoneResticGiven } from '../ingest/restic/calls.ts';
import { openDoorOf } from '../supervisor/phones/door-of.ts';
import { ensureRuntimeFolder, ownDoorName } from '../supervisor/phones/folders.ts';
import type { ResticGiven } from '../supervisor/phones/start.ts';
import { reachedFrom } from '../supervisor/phones/world.ts';
import type { AtPhone } from './at-phone.ts';
import { localTime } from './local-time.ts';

/** A way to a phone's store for one command of the admin's, as it is or as it was. */
export interface OwnDoor extends AsyncDisposable {
  /** What the phone's restic is told: this door instead of the server's. */
  readonly through: (given: ResticGiven) => PhoneResticGiven;
}

/** The moment that `--as-of` names; null without it. Says on standard error which one it takes. Throws 'moment'. */
export const asOfFrom = (text: string | undefined): Moment | null => {
  if (text === undefined) return null;
  const parsed = parseMoment(text, new Date());
  if (!parsed.ok) throw new Problem('moment', `--as-of: ${parsed.message}.`, parsed.remedy);
  const moment = parsed.value;
  process.stderr.write(`as of ${moment.kind === 'time' ? localTime(moment.at) : `place ${moment.seq}`}\n`);
  return moment;
};

/**
 * Opens one, and says on standard error what its sessions have to say, such as where the past begins. Disposing it ends them: a command
 * that is over has left nothing open.
 */
export const openOwnDoor = async ({ world, phone }: AtPhone, asOf: Moment | null): Promise<OwnDoor> => {
  ensureRuntimeFolder({ mode: world.mode, runtimeDir: reachedFrom(world, world.runtimeDir) }, phone);
  const request = asOf === null ? 'receive' : `receive --as-of ${formatMoment(asOf)}`;
  const said = new Set<string>();
  const log = pino({ level: 'warn' }, { write: (line: string) => sayOnce(line, said) });
  const door = await openDoorOf(world, phone, log, { name: ownDoorName(process.pid), request });
  return {
    through: (given) => ({ ...given, name: phone.name, receiveSocket: door.socket, isPast: asOf !== null }),
    [Symbol.asyncDispose]: () => door[Symbol.asyncDispose](),
  };
};

/** Each restic has a session of its own, and each of those says the same. */
const sayOnce = (line: string, said: Set<string>): void => {
  const entry = parseJson(line);
  const words = typeof entry === 'object' && entry !== null && 'words' in entry ? String(entry.words) : line;
  const text = printable(words.trim(), 500);
  if (said.has(text)) return;
  said.add(text);
  process.stderr.write(`${text}\n`);
};
