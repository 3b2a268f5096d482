import { createHash, randomBytes } from 'node:crypto';
import { RestClient } from '../../../../test/helpers/rest-client.ts';
import { liveObjects, pathOf, type StoredObject } from '../../objects.ts';
import { paint, printable, say, typed } from '../../screen.ts';
import { expect } from '../../story.ts';
import { count } from '../../words.ts';
import { type Attacker, withKey } from './attacker.ts';

/** A client of the receiver's REST API without restic's good manners, with the attacker's key. */
export const restClient = (): RestClient => {
  const command = withKey(['ssh', 'nas', 'receive']);
  typed(command);
  return new RestClient(command);
};

/** Asks for each of the neighbour's objects by name, and for its folder by every path that comes to mind. */
export const readOthers = async (attacker: Attacker): Promise<string> => {
  const { receiver, self, victim } = attacker;
  await using client = restClient();
  const [own] = (await liveObjects(receiver, self)).filter(({ type }) => type === 'data');
  expect(own !== undefined, 'the attacker has no pack of its own');
  const control = await request(client, 'GET', pathOf(own), null, 'its own, to see that asking works');
  expect(sha256(control.body) === own.sha256, 'its own object did not come back whole');
  const named = (await liveObjects(receiver, victim)).filter(({ type }) => type !== 'config').map(pathOf);
  const guessed = [
    `/../${victim.name}/repo/config`,
    `/data/../../../${victim.name}/repo/config`,
    '/data/%2e%2e%2fconfig',
  ];
  for (const [index, path] of [...named, ...guessed].entries()) {
    const shown = index < 2 || index >= named.length;
    const { status } = await request(client, 'GET', path, null, shown ? '' : null);
    expect(status === 404, `GET ${path} was answered with ${status}`);
  }
  return `404 for its ${count(named.length, 'object')} and for ${guessed.length} paths to its folder`;
};

/** Other bytes under the names of what is there, a body that is not what its name says, and away with all of it at once. */
export const overwrite = async (attacker: Attacker): Promise<string> => {
  const { receiver, self } = attacker;
  await using client = restClient();
  const before = await liveObjects(receiver, self);
  for (const [index, object] of before.entries()) {
    const shown = object.type === 'config' || index < 2 ? '' : null;
    const { status } = await request(client, 'POST', pathOf(object), randomBytes(object.bytes), shown);
    expect(status === 403 || status === 400, `${pathOf(object)}: ${status}`);
  }
  const invented = `/data/${sha256(randomBytes(8))}`;
  const { status } = await request(client, 'POST', invented, randomBytes(99), '');
  expect(status === 400, `a body under a wrong name: ${status}`);
  expect((await request(client, 'DELETE', '/', null, 'the whole repository')).status === 403, 'the repository is gone');
  const after = await liveObjects(receiver, self);
  expect(fingerprint(before) === fingerprint(after), 'bytes on the server changed');
  return `refused for ${count(before.length, 'object')}; not a byte changed`;
};

/** Deletes everything the key can see, as ransomware would. The server says yes: restic has to be able to delete. */
export const deleteEverything = async (attacker: Attacker): Promise<string> => {
  await using client = restClient();
  const before = await liveObjects(attacker.receiver, attacker.self);
  for (const [index, object] of before.entries()) {
    const { status } = await request(client, 'DELETE', pathOf(object), null, index < 2 ? '' : null);
    expect(status === 200, `DELETE ${pathOf(object)}: ${status}`);
  }
  for (const type of ['snapshots', 'data', 'index', 'keys']) {
    const { body } = await request(client, 'GET', `/${type}/`, null, type === 'snapshots' ? 'what is left' : null);
    expect(body.toString() === '[]', `there are still ${type}`);
  }
  return `accepted, as restic needs it: ${count(before.length, 'object')} to the trash`;
};

/** Sends one request; shows it when `remark` is not null. */
const request = async (
  client: RestClient,
  method: string,
  path: string,
  body: Buffer | null,
  remark: string | null,
): Promise<{ readonly status: number; readonly body: Buffer }> => {
  const answer = await client.request(method, path, body);
  if (remark !== null) {
    const isText = answer.headers['content-type']?.includes('octet-stream') !== true;
    const words = isText ? printable(answer.body.toString('utf8', 0, 120)).trim() : `${answer.body.length} bytes`;
    const short = path.replace(/([0-9a-f]{12})[0-9a-f]{52}/, '$1…');
    const note = remark === '' ? '' : `  (${remark})`;
    say(
      `  ${paint('cyan', '>')} ${method} ${short}${note}\n    ${paint('dim', `${answer.status} ${words.replace(/([0-9a-f]{12})[0-9a-f]{52}/g, '$1…')}`.trim())}`,
    );
  }
  return answer;
};

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

const fingerprint = (objects: readonly StoredObject[]): string =>
  objects
    .map(({ type, name, sha256: hash }) => `${type} ${name} ${hash}`)
    .toSorted()
    .join('\n');
