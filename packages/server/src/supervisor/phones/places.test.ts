import { expect, test } from 'vitest';
import { phonePlaces } from './places.ts';
import { phoneOf } from './testing.ts';

const where = { dataDir: '/run/berth/data', runtimeDir: '/run/berth' };

test('a phone’s folders are where sources.yaml says, and in the container where they are mounted', () => {
  for (const mode of ['private', 'rootless'] as const) {
    expect(phonePlaces({ ...where, mode }, phoneOf())).toMatchObject({
      ...{ ingest: '/volume1/phones/lisa', media: '/volume1/photos/lisa' },
    });
  }
  expect(phonePlaces({ ...where, mode: 'container' }, phoneOf())).toMatchObject({
    ...{ ingest: '/phones/lisa-phone/ingest', media: '/phones/lisa-phone/media' },
  });
});

test('its own things are below the data directory, its door and its password below the runtime folder', () => {
  expect(phonePlaces({ ...where, mode: 'private' }, phoneOf({ media: '' }))).toEqual({
    ...{ ingest: '/volume1/phones/lisa', media: null },
    directory: '/run/berth/data/phones/lisa-phone',
    agentHome: '/run/berth/data/phones/lisa-phone/agent',
    mirrorState: '/run/berth/data/phones/lisa-phone/mirror',
    runtime: '/run/berth/phones/1010',
    receiveSocket: '/run/berth/phones/1010/receive.sock',
    controlSocket: '/run/berth/control/lisa-phone/api.sock',
  });
});
