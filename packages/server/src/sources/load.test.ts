import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commentedExample } from './example.ts';
import { loadSources, parseSources } from './load.ts';
import { nobodyToTell } from './people.ts';
import { defaultProtectMs, defaultScrubMs, defaultScrubRate } from './schema.ts';
import { configOf, makePipe, publicKeyLine, temporaryFolder } from './testing.ts';

const day = 86_400_000;

describe('a sources.yaml', () => {
  test('in the form of the blog gets every default', () => {
    const [source, ...others] = configOf(`sources: { HOSTNAME: { uid: 100, key: '${publicKeyLine(1)}' } }`).sources;
    expect(others).toEqual([]);
    expect(source).toMatchObject({ name: 'HOSTNAME', uid: 100, quotaBytes: null, protectMs: 30 * day });
    expect(source?.keys.map(({ comment }) => comment)).toEqual(['root@host-1']);
  });

  test('gives a source the protect of the server unless it has its own', () => {
    const config = configOf(
      `server: { protect: 60d }\nsources:\n  a: { uid: 1, key: '${publicKeyLine(1)}' }\n  b: { uid: 2, protect: 1d, key: '${publicKeyLine(2)}' }\n`,
    );
    expect(config.sources.map(({ protectMs }) => protectMs)).toEqual([60 * day, day]);
    expect(config.settings).toMatchObject({ port: null, protectMs: 60 * day });
  });

  test('that the README and `init` show is accepted as it stands', async () => {
    const loaded = await loadSources(join(import.meta.dirname, '../../../../sources.yaml'));
    expect(loaded.kind === 'ok' && loaded.config.sources.map(({ name }) => name)).toEqual(['HOSTNAME', 'laptop']);
    expect(configOf(commentedExample)).toEqual({
      sources: [],
      unfinished: true,
      settings: {
        port: null,
        protectMs: defaultProtectMs,
        floorBytes: null,
        scrubMs: defaultScrubMs,
        scrubRate: defaultScrubRate,
        concurrency: 2,
        people: nobodyToTell,
        timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      },
    });
    const uncommented = commentedExample
      .replaceAll(
        /^# ( *(?:server|port|protect|brake|floor|scrub|scrub_rate|every|window|time_zone|concurrency|overdue_after|retention|laptop|scanner|lisa-phone|ingest|media|uid|key|quota|access|immutable|name|digest|alerts|channels|mail|type|host|user|password_file|from|to|page):.*)$/gm,
        '$1',
      )
      .replace(/'ssh-ed25519 .*?'/, `'${publicKeyLine(1)}'`)
      .replace(/'ssh-ed25519 .*… scanner'/, `'${publicKeyLine(2)}'`)
      .replaceAll(/^# {3}(?= )/gm, '');
    const { sources, settings } = configOf(uncommented.replace(/^#.*$/gm, ''));
    expect(sources.map(({ uid }) => uid)).toEqual([1001, 1002, 1010]);
    expect(settings.people).toMatchObject({
      serverName: 'nas',
      channels: [{ name: 'mail', type: 'email', digest: true }],
    });
  });

  test('with 1,000 sources is checked at once', () => {
    const lines = Array.from(
      { length: 1000 },
      (_, index) => `  host-${index}: { uid: ${2000 + index}, key: '${publicKeyLine(index)}', quota: 500G }`,
    );
    const content = `sources:\n${lines.join('\n')}\n`;
    expect(configOf(content).sources).toHaveLength(1000);
  });

  test('with 1,000 sources that all share one UID and one key is refused without comparing each with each', () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `  host-${index}: { uid: 1, key: '${publicKeyLine(1)}' }`);
    const start = performance.now();
    const parsed = parseSources({ file: 'f', content: `sources:\n${lines.join('\n')}\n` });
    expect(parsed.kind === 'invalid' && parsed.findings).toHaveLength(2 * 999);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test('never has its private key repeated in what is printed', () => {
    const secret = 'c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0';
    for (const quote of ["'", '"', '']) {
      const content = `sources:\n  a:\n    uid: 1\n    key: ${quote}-----BEGIN OPENSSH PRIVATE KEY-----\n${secret}\n-----END OPENSSH PRIVATE KEY-----${quote}\n`;
      const parsed = parseSources({ file: 'f', content });
      expect(parsed.kind === 'invalid' && parsed.findings.map(({ code }) => code)).toEqual(['private-key']);
      expect(JSON.stringify(parsed)).not.toContain(secret);
    }
  });

  test('made from any valid sources is read back as them', () => {
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$/), {
      minLength: 1,
      maxLength: 8,
    });
    const reserved = new Set(['root', 'sshd', 'berth', 'nobody']);
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 60_000 }), fc.boolean(), (all, first, list) => {
        const written = all.filter((name) => !reserved.has(name));
        const entries = written.map((name, index) => {
          const key = publicKeyLine(index);
          return [name, { uid: first + index, ...(list ? { keys: [key] } : { key }), protect: `${index + 1}d` }];
        });
        const { sources } = configOf(JSON.stringify({ sources: Object.fromEntries(entries) }));
        expect(sources.map(({ name, uid, protectMs }) => [name, uid, protectMs])).toEqual(
          written.map((name, index) => [name, first + index, (index + 1) * day]),
        );
      }),
    );
  });
});

describe('a file that can not be read is a problem with a remedy, not a crash', () => {
  const codeOf = async (file: string): Promise<string> => {
    const loaded = await loadSources(file);
    return loaded.kind === 'unreadable' ? loaded.problem.code : loaded.kind;
  };

  test('when it is missing, a folder, a device, or a pipe nobody writes to', async () => {
    await using folder = await temporaryFolder();
    await writeFile(folder.path('file'), 'sources: {}\n');
    await symlink('file', folder.path('link'));
    await symlink('loop', folder.path('loop'));
    makePipe(folder.path('pipe'));
    expect(await codeOf(folder.path('link'))).toBe('ok');
    expect(await codeOf(folder.path('missing'))).toBe('config-missing');
    expect(await codeOf(folder.path('file/below'))).toBe('config-missing');
    expect(await codeOf(folder.path('.'))).toBe('config-not-a-file');
    expect(await codeOf('/dev/zero')).toBe('config-not-a-file');
    expect(await codeOf(folder.path('pipe'))).toBe('config-not-a-file');
    expect(await codeOf(folder.path('loop'))).toBe('config-unreadable');
  });

  test('when it is far too large, without reading it all', async () => {
    await using folder = await temporaryFolder();
    await writeFile(folder.path('large'), Buffer.alloc(64 * 1024 ** 2, '#'));
    const loaded = await loadSources(folder.path('large'));
    expect(loaded.kind === 'invalid' && loaded.findings[0]?.code).toBe('too-large');
  });
});
