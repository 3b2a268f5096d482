import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { knownKeys } from '@berth/common/yaml/schema-walk.ts';
import { describe, expect, test } from 'vitest';
import { ingest } from './ingest-schema.ts';
import { media } from './media-schema.ts';
import { nobodyToTell } from './people.ts';
import { peopleFields, serverPeopleFields } from './people-schema.ts';
import { syncthing } from './syncthing-schema.ts';
import { configOf, publicKeyLine } from './testing.ts';

const page = readFileSync(join(import.meta.dirname, '../../../../docs/sources.md'), 'utf8');

/** The snippets as a person copies them, with keys that are some. */
const snippets = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, snippet = '']) => {
  let keys = 0;
  return snippet.replace(/ssh-ed25519 AAAA…/g, () => {
    keys += 1;
    return publicKeyLine(keys).replace(/ root@host-\d+$/, '');
  });
});

const channels = snippets.flatMap((snippet) => configOf(snippet).settings.people.channels);

describe('docs/sources.md', () => {
  test.each(snippets)('shows what works as it stands: %#', (snippet) => {
    expect(configOf(snippet).unfinished).toBe(false);
  });

  test('shows the defaults as they are', () => {
    const writtenOut = snippets.filter((snippet) => /^digest:.*\nalerts:.*\npage:/.test(snippet));
    expect(writtenOut).toHaveLength(1);
    expect(configOf(writtenOut[0] ?? '').settings.people).toEqual(nobodyToTell);
    const mail =
      'channels: { mail: { type: email, host: smtp.example.org, from: nas@example.org, to: [me@example.org, you@example.org], user: nas@example.org, password_file: smtp-password } }';
    const [usual] = configOf(`${mail}\nsources: {}`).settings.people.channels;
    expect(channels).toContainEqual(usual);
  });

  test('shows a phone with all that holds where nothing is written, and names every setting of it', () => {
    const phones = snippets.filter((snippet) => snippet.includes('unseen_after: 3d'));
    expect(phones).toHaveLength(1);
    const short =
      'lisa-phone: { uid: 1010, ingest: { folder: /volume1/phones/lisa, password_file: lisa-phone.password }, media: { to: /volume1/photos/lisa } }';
    expect(configOf(phones[0] ?? '').sources).toEqual(configOf(`sources: { ${short} }`).sources);
    const words = [...knownKeys(ingest, [], {}), ...knownKeys(syncthing, [], {}), ...knownKeys(media, [], {})];
    expect(words).toHaveLength(7 + 4 + 6);
    for (const word of words.filter((key) => key !== 'syncthing'))
      expect(page).toMatch(new RegExp(`^\\| \`(syncthing\\.)?${word}\` \\|`, 'm'));
  });

  test('shows every type of channel and ping, and names every setting of people', () => {
    const types = 'discord email gotify matrix ntfy slack telegram webhook'.split(' ');
    expect([...new Set(channels.map(({ type }) => type))].toSorted()).toEqual(types);
    const pings = snippets.flatMap((snippet) => configOf(snippet).sources.flatMap(({ ping }) => ping ?? []));
    expect(new Set(pings.map(({ type }) => type))).toEqual(new Set(['healthchecks', 'uptime-kuma']));
    const words = [
      ...Object.keys(peopleFields),
      ...Object.keys(serverPeopleFields),
      'quiet',
      'remind',
      'allow_private',
    ];
    for (const word of words.filter((key) => key !== 'syncthing')) expect(page).toMatch(new RegExp(`\\b${word}\\b`));
  });
});
