/** How long ago something was, as people say it: `just now`, `12 min ago`, `2 h ago`, `45 d ago`. What lies ahead is just now. */
export const agoWords = (atMs: number, nowMs: number): string => {
  const pastMs = nowMs - atMs;
  if (pastMs < minuteMs) return 'just now';
  if (pastMs < 90 * minuteMs) return `${Math.floor(pastMs / minuteMs)} min ago`;
  if (pastMs < 48 * hourMs) return `${Math.floor(pastMs / hourMs)} h ago`;
  return `${Math.floor(pastMs / (24 * hourMs))} d ago`;
};

/**
 * When something will be, by the wall clock of a time zone: `today 14:10`, `tonight 03:10`, `Sun 03:10`, `12 Dec 03:10`.
 * What has passed is `due now`.
 */
export const slotWords = (atMs: number, nowMs: number, timeZone: string): string => {
  if (atMs <= nowMs) return 'due now';
  const [slot, now] = [wallClock(atMs, timeZone), wallClock(nowMs, timeZone)];
  const days = slot.day - now.day;
  const isEarly = slot.hour < morning;
  if (days === 0 && (slot.hour >= evening || isEarly)) return `tonight ${slot.clock}`;
  if (days === 1 && isEarly && now.hour >= morning) return `tonight ${slot.clock}`;
  if (days === 0) return `today ${slot.clock}`;
  return days < 7 ? `${slot.weekday} ${slot.clock}` : `${slot.date} ${slot.clock}`;
};

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** A night is from 18 o'clock to 6. */
const [evening, morning] = [18, 6];

/** A moment as a clock on the wall shows it. */
export interface WallClock {
  /** Days since 1970-01-01, by the local date. */
  readonly day: number;
  readonly hour: number;
  readonly clock: string;
  readonly weekday: string;
  readonly date: string;
}

/** Throws RangeError for what is no moment, or no zone. */
export const wallClock = (atMs: number, timeZone: string): WallClock => {
  const parts = new Map(
    formatIn(timeZone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, value]),
  );
  const said = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  const day = Date.UTC(Number(said('year')), Number(said('month')) - 1, Number(said('day'))) / (24 * hourMs);
  return {
    day,
    hour: Number(said('hour')),
    clock: `${said('hour')}:${said('minute')}`,
    weekday: said('weekday'),
    date: `${Number(said('day'))} ${monthOf(Number(said('month')))}`,
  };
};

const monthOf = (month: number): string => 'JanFebMarAprMayJunJulAugSepOctNovDec'.slice(3 * month - 3, 3 * month);

const formats = new Map<string, Intl.DateTimeFormat>();

/** Made once for each zone: it is slow to make, and a table asks for every source. */
const formatIn = (timeZone: string): Intl.DateTimeFormat => {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const [number, two] = ['numeric', '2-digit'] as const;
  const made = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, hourCycle: 'h23', weekday: 'short' },
    ...{ year: number, month: number, day: number, hour: two, minute: two },
  });
  formats.set(timeZone, made);
  return made;
};
