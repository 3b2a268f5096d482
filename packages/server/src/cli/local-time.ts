/** A time as the server's admin reads clocks: `2026-11-14 09:30:05 +0100`. `at` is UTC milliseconds. */
export const localTime = (at: number): string => {
  const offsetMinutes = -new Date(at).getTimezoneOffset();
  const shifted = new Date(at + offsetMinutes * 60_000).toISOString();
  const [hours, minutes] = [Math.floor(Math.abs(offsetMinutes) / 60), Math.abs(offsetMinutes) % 60];
  const zone = `${offsetMinutes < 0 ? '-' : '+'}${two(hours)}${two(minutes)}`;
  return `${shifted.slice(0, 10)} ${shifted.slice(11, 19)} ${zone}`;
};

const two = (value: number): string => String(value).padStart(2, '0');
