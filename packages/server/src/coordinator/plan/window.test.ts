import { expect, test } from 'vitest';
import { formatWindow, parseWindow } from './window.ts';

test('a window is two times of the day, and may go over midnight', () => {
  expect(parseWindow('22:00-06:00')).toEqual({ ok: true, value: { from: 1320, to: 360 } });
  expect(parseWindow('9:30 - 17:05')).toEqual({ ok: true, value: { from: 570, to: 1025 } });
  expect(parseWindow('20:00-24:00')).toEqual({ ok: true, value: { from: 1200, to: 0 } });
  expect(parseWindow('00:00-08:00')).toEqual({ ok: true, value: { from: 0, to: 480 } });
});

test.each([
  ['22-6', 'Write 22:00-06:00.'],
  ['10pm-6am', 'Write 22:00-06:00.'],
  ['10:30 PM to 12am', 'Write 22:30-00:00.'],
  ['22:00–06:00', 'Write 22:00-06:00.'],
  ['22.00-06.00', 'Write 22:00-06:00.'],
  ['22h-6h', 'Write 22:00-06:00.'],
  ['24:00-06:00', 'Write 00:00-06:00.'],
  ['22:00-06:60', 'Write two times of the day, for example window: 22:00-06:00; or window: always.'],
  ['25:00-06:00', 'Write two times of the day, for example window: 22:00-06:00; or window: always.'],
  ['13pm-2am', 'Write two times of the day, for example window: 22:00-06:00; or window: always.'],
  ['night', 'Write two times of the day, for example window: 22:00-06:00; or window: always.'],
  ['', 'Write two times of the day, for example window: 22:00-06:00; or window: always.'],
])('%j is no window, and the remedy is what was meant', (text, remedy) => {
  expect(parseWindow(text)).toMatchObject({ ok: false, code: 'window', remedy });
});

test.each(['22:00-22:00', '00:00-24:00'])('%s could mean all day or never, so it is refused', (text) => {
  expect(parseWindow(text)).toMatchObject({ ok: false, remedy: expect.stringContaining('window: always') });
});

test('a window is printed as it is read', () => {
  for (const text of ['22:00-06:00', '00:00-00:01', '23:59-12:30']) {
    const parsed = parseWindow(text);
    expect(parsed.ok && formatWindow(parsed.value)).toBe(text);
  }
});
