import { createHash, randomBytes } from 'node:crypto';
import { identityOf, liveObjects, pathOf, type StoredObject, trashedObjects } from '../../objects.ts';
import { demand } from '../../programs.ts';
import { quote, say, typed } from '../../screen.ts';
import { expect } from '../../story.ts';
import { count } from '../../words.ts';
import type { Attacker } from './attacker.ts';
import { restClient } from './client.ts';

/** Asks for each of the neighbour's objects by name, and for its folder by every path that comes to mind. */
export const readOthers = async ({ receiver, self, victim }: Attacker): Promise<string> => {
  await using client = restClient();
  const own = (await liveObjects(receiver, self)).find(({ type }) => type === 'data');
  expect(own !== undefined, 'the attacker has no pack of its own');
  const control = await client.send('GET', pathOf(own), 'its own, to see that asking works');
  expect(sha256(control.body) === own.sha256, 'its own object did not come back whole');
  const named = (await liveObjects(receiver, victim)).filter(({ type }) => type !== 'config').map(pathOf);
  const guessed = [
    `/../${victim.name}/repo/config`,
    `/data/../../../${victim.name}/repo/config`,
    '/data/%2e%2e%2fconfig',
  ];
  for (const [index, path] of [...named, ...guessed].entries()) {
    const { status } = await client.send('GET', path, index < 2 || index >= named.length);
    expect(status === 404, `GET ${path} was answered with ${status}`);
  }
  return `404 for its ${count(named.length, 'object')} and for ${guessed.length} paths to its folder`;
};

/** Other bytes under the names of what is there, a body that is not what its name says, and away with all of it at once. */
export const overwrite = async ({ receiver, self }: Attacker): Promise<string> => {
  await using client = restClient();
  const before = await liveObjects(receiver, self);
  for (const [index, object] of before.entries()) {
    const { status } = await client.send('POST', pathOf(object), index < 2, randomBytes(object.bytes));
    expect(status === 403 || status === 400, `POST ${pathOf(object)} was answered with ${status}`);
  }
  const invented = `/data/${sha256(randomBytes(8))}`;
  const { status } = await client.send('POST', invented, 'a body that is not what its name says', randomBytes(99));
  expect(status === 400, `a body under a wrong name was answered with ${status}`);
  const whole = await client.send('DELETE', '/', 'the whole repository');
  expect(whole.status === 403, `DELETE / was answered with ${whole.status}`);
  const after = await liveObjects(receiver, self);
  expect(fingerprint(before) === fingerprint(after), 'bytes on the server changed');
  return `refused for ${count(before.length, 'object')}; not a byte changed`;
};

/** Deletes everything the key can see, as ransomware would. The server says yes, because restic has to be able to delete. */
export const deleteEverything = async ({ stage, receiver, self }: Attacker): Promise<string> => {
  const before = await liveObjects(receiver, self);
  await using client = restClient();
  for (const [index, object] of before.entries()) {
    const { status } = await client.send('DELETE', pathOf(object), index < 2);
    expect(status === 200, `DELETE ${pathOf(object)} was answered with ${status}`);
  }
  for (const type of ['snapshots', 'data', 'index', 'keys']) {
    const { body } = await client.send('GET', `/${type}/`, type === 'snapshots' && 'what is left');
    expect(body.toString() === '[]', `there are still ${type}`);
  }
  say('  On the server, meanwhile:');
  const look = ['ls', `data/sources/${self.name}/trash/snapshots`];
  typed(look);
  quote(await demand(stage, look));
  const trash = new Set((await trashedObjects(receiver, self)).map(identityOf));
  const lost = before.filter((object) => !trash.has(identityOf(object)));
  expect(lost.length === 0, `${count(lost.length, 'object')} did not reach the trash`);
  return `accepted, as restic needs it: ${count(before.length, 'object')} in the trash`;
};

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const fingerprint = (objects: readonly StoredObject[]): string => objects.map(identityOf).toSorted().join('\n');
