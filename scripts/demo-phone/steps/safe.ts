import { expect, type Told } from '../../demo/story.ts';
import type { Phone } from '../phone.ts';
import { berthServer } from './backup.ts';
import type { Photos } from './photos.ts';

/**
 * The question before room is made on a phone: which photos are whole in the mirror and in the newest snapshot. All of them have to be; returns
 * that snapshot's short id.
 */
export const checkOff = async (phone: Phone, photos: Photos): Promise<Told<string>> => {
  const said = await berthServer(phone, 'check-off', phone.name);
  const [, id] = /snapshot ([0-9a-f]{8})/.exec(said) ?? [];
  expect(said.startsWith(`${photos.size} files`) && id !== undefined, 'not all of them are');
  return { result: `all ${photos.size} are whole in the mirror and in snapshot ${id}`, value: id };
};
