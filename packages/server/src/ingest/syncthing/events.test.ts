import { expect, test } from 'vitest';
import { newsOf, watchedEvents } from './events.ts';
import { exampleStatus } from './testing.ts';

const known = { since: 7, status: exampleStatus(), folderId: 'phone-files' };
const finished = (id: number, change: object = {}) => ({
  ...{ id, type: 'ItemFinished' },
  data: { folder: 'phone-files', item: 'DCIM/a.jpg', error: null, action: 'update', type: 'file', ...change },
});
const event = (type: string, data: unknown) => newsOf([{ id: 8, type, data }], known);

test('a file that has come, changed or gone is a change', () => {
  for (const action of ['update', 'metadata', 'delete']) {
    expect(newsOf([finished(8, { action })], known)).toMatchObject({ since: 8, hasChanged: true, hasGap: false });
  }
});

test('one of another folder, or one that failed, is none', () => {
  const events = [finished(8, { folder: 'music' }), finished(9, { error: 'no space left on device' })];
  expect(newsOf(events, known)).toMatchObject({ since: 9, hasChanged: false, ask: 'nothing' });
});

test('ids that do not follow each other are a gap: at the beginning, and within', () => {
  expect(newsOf([finished(9)], known)).toMatchObject({ since: 9, hasGap: true });
  expect(newsOf([finished(8), finished(10)], known)).toMatchObject({ since: 10, hasGap: true });
});

test('a storm of more than its buffer holds is a gap', () => {
  const events = Array.from({ length: 1000 }, (_, index) => finished(2001 + index));
  expect(newsOf(events, known)).toMatchObject({ since: 3000, hasGap: true, hasChanged: true });
});

test('what was told before is no news', () => {
  expect(newsOf([finished(6), finished(7)], known)).toMatchObject({ since: 7, isNone: true, hasChanged: false });
  expect(newsOf([finished(8), finished(8)], known)).toMatchObject({ since: 8, hasGap: false });
});

test('a state and a summary say how the folder is', () => {
  const folder = 'phone-files';
  expect(event('StateChanged', { folder, from: 'idle', to: 'syncing' }).status.state).toBe('syncing');
  const summary = exampleStatus({ needTotalItems: 40, pullErrors: 2 });
  expect(event('FolderSummary', { folder, summary }).status).toEqual(summary);
  expect(event('FolderSummary', { folder: 'music', summary }).status).toEqual(exampleStatus());
});

test('an error, and the end of it, are asked about', () => {
  const folder = 'phone-files';
  const broken = event('StateChanged', { folder, from: 'idle', to: 'error', error: 'folder marker missing' });
  expect(broken).toMatchObject({ status: { state: 'error', error: 'folder marker missing' }, ask: 'everything' });
  expect(event('StateChanged', { folder, from: 'error', to: 'idle' })).toMatchObject({ ask: 'everything' });
});

test('a pause is asked about; a device only as far as it matters', () => {
  expect(event('FolderPaused', { id: 'phone-files' }).ask).toBe('everything');
  expect(event('FolderResumed', { id: 'music' }).ask).toBe('nothing');
  for (const type of ['DevicePaused', 'DeviceResumed', 'DeviceConnected', 'DeviceDisconnected']) {
    expect(event(type, {}).ask).toBe('devices');
  }
});

test('what is not understood of an event changes nothing, and its id counts', () => {
  for (const type of [...watchedEvents, 'SomethingNew']) {
    expect(event(type, null)).toMatchObject({ since: 8, hasChanged: false, status: exampleStatus() });
  }
});
