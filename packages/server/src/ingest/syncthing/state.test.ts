import { expect, test } from 'vitest';
import { syncthingStateSchema } from '../facts.ts';
import { isSameState, type Known, stateOf } from './state.ts';
import { exampleStatus, nasId, phoneId } from './testing.ts';

const nowMs = Date.parse('2026-11-21T06:00:00Z');
const known = (change: Partial<Known> = {}): Known => ({
  ...{ version: 'v1.19.2-ds1', myId: nasId, status: exampleStatus() },
  folder: {
    ...{ paused: false, type: 'receiveonly', ignoreDelete: false, markerName: '.stfolder' },
    devices: [{ deviceID: phoneId }, { deviceID: nasId }],
  },
  connections: { [phoneId]: { connected: false, paused: false }, [nasId]: { connected: false, paused: false } },
  stats: {
    [phoneId]: { lastSeen: '2026-11-20T20:00:00.123456789+01:00' },
    [nasId]: { lastSeen: '1970-01-01T00:00:00Z' },
  },
  ...change,
});
const device = (change: object) => ({ [phoneId]: { connected: false, paused: false, ...change } });

test('all is well', () => {
  expect(stateOf(known(), true, nowMs)).toEqual({
    ...{ kind: 'up', quiet: true, needItems: 0, pullErrors: 0, paused: 'no', error: null, ignoresDeletes: false },
    ...{ folderType: 'receiveonly', markerName: '.stfolder', version: 'v1.19.2-ds1' },
    phoneSeenAt: '2026-11-20T19:00:00.123Z',
  });
});

test('who is connected is seen now; who never was is never seen', () => {
  const connected = known({ connections: device({ connected: true }) });
  expect(stateOf(connected, true, nowMs).phoneSeenAt).toBe('2026-11-21T06:00:00.000Z');
  for (const lastSeen of ['1970-01-01T00:00:00Z', '1970-01-01T01:00:00+01:00', '0001-01-01T00:00:00Z', 'never']) {
    expect(stateOf(known({ stats: { [phoneId]: { lastSeen } } }), true, nowMs).phoneSeenAt).toBeNull();
  }
  expect(stateOf(known({ stats: {} }), true, nowMs).phoneSeenAt).toBeNull();
});

test('who was seen last at a time that is still to come was seen now', () => {
  const stats = { [phoneId]: { lastSeen: '+275000-01-01T00:00:00Z' } };
  const state = stateOf(known({ stats }), true, nowMs);
  expect(state.phoneSeenAt).toBe(new Date(nowMs).toISOString());
  expect(syncthingStateSchema.safeParse(state).error).toBeUndefined();
});

test('that we are there ourselves is no sign of the phone', () => {
  const stats = { [nasId]: { lastSeen: '2026-11-21T05:00:00Z' } };
  const connections = { [nasId]: { connected: true, paused: false } };
  expect(stateOf(known({ stats, connections }), true, nowMs).phoneSeenAt).toBeNull();
});

test('a pause of the folder, and one of the phone', () => {
  const folder = { ...known().folder, paused: true };
  const status = exampleStatus({ state: '' });
  expect(stateOf(known({ folder, status }), true, nowMs)).toMatchObject({ paused: 'folder', quiet: null, error: null });
  expect(stateOf(known({ connections: device({ paused: true }) }), true, nowMs)).toMatchObject({ paused: 'phone' });
});

test('of two devices one that is paused keeps nothing back', () => {
  const folder = { ...known().folder, devices: [phoneId, nasId, 'TABLET'].map((deviceID) => ({ deviceID })) };
  expect(stateOf(known({ folder, connections: device({ paused: true }) }), true, nowMs).paused).toBe('no');
});

test('a folder that is shared with nobody', () => {
  const folder = { ...known().folder, devices: null };
  expect(stateOf(known({ folder }), true, nowMs)).toMatchObject({ paused: 'no', phoneSeenAt: null });
});

test('an error is said in its words, made harmless; without words too', () => {
  const error = `folder marker\nmissing \u001b[2J\u202e${'x'.repeat(3000)}`;
  const state = stateOf(known({ status: exampleStatus({ state: 'error', error }) }), true, nowMs);
  expect(state).toMatchObject({
    quiet: null,
    error: expect.stringMatching(/^folder marker missing \\u\{1b\}\[2J\\u\{202e\}x+…$/),
  });
  expect(stateOf(known({ status: exampleStatus({ state: 'error' }) }), true, nowMs).error).toBe('it does not say why');
});

test('whatever it says fits into what the server takes', () => {
  const long = '\u0000'.repeat(9000);
  const folder = { paused: false, type: long, ignoreDelete: true, markerName: long, devices: null };
  const status = exampleStatus({ state: 'error', error: long, needTotalItems: -5 });
  const state = stateOf(known({ version: long, folder, status }), false, nowMs);
  expect(syncthingStateSchema.safeParse(state).error).toBeUndefined();
  expect(state).toMatchObject({ needItems: 0, ignoresDeletes: true });
});

test('that the phone is seen again and again is no other state; that it is seen at all is one', () => {
  const [one, other] = [
    stateOf(known(), true, nowMs),
    stateOf(known({ connections: device({ connected: true }) }), true, nowMs),
  ];
  expect(isSameState(one, other)).toBe(true);
  expect(isSameState(one, { ...one, phoneSeenAt: null })).toBe(false);
  expect(isSameState(one, { ...one, quiet: false })).toBe(false);
  expect(isSameState(null, one)).toBe(false);
});
