import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { differences, hostKeyOf, Machine } from './helpers/machine.ts';
import { runSeed, seededRandom } from './helpers/random.ts';
import { eventually, repository, type TestReceiver, withReceiver } from './helpers/receiver.ts';
import { followRunbook, machineHost, serverHost } from './helpers/runbook.ts';
import { parseRunbook } from './helpers/runbook-page.ts';
import { attackerOf, wipe } from './helpers/wipe.ts';

const temporaryFolder = async () => {
  const path = await mkdtemp(join(tmpdir(), 'page-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
};

describe('the convention that runbooks keep to', () => {
  const page = `# A page

## Words to replace
- \`SOURCE\`: its name

## Do this
**On the server**, look first:

\`\`\`sh
berth-server status SOURCE
\`\`\`

\`\`\`text
source SOURCE
(exit code 3)
\`\`\`

Pull the plug. <!-- by hand: pull-the-plug -->
`;

  test('a page is read as blocks, what they show, what is done by hand, and words to replace', () => {
    expect(parseRunbook(page)).toEqual({
      words: ['SOURCE'],
      parts: [
        {
          ...{ kind: 'block', where: 'server', script: 'berth-server status SOURCE', line: 9 },
          ...{ expected: 'source SOURCE', exitCode: 3 },
        },
        { kind: 'by hand', name: 'pull-the-plug' },
      ],
    });
  });

  test('a block is refused whose reader would have to guess where to type it', () => {
    expect(() => parseRunbook(page.replace('**On the server**, look', 'Look'))).toThrow('line 9');
    expect(() => parseRunbook(`${page}\nThen:\n\n\`\`\`sh\nls\n\`\`\`\n`)).toThrow('On the machine');
    expect(() => parseRunbook(page.replace('```sh', '   ```sh'))).toThrow('can not be read');
  });

  test('a page is followed to its end only where it says what one sees', async () => {
    await using folder = await temporaryFolder();
    const hosts = {
      server: { programs: { 'berth-server': 'echo "source   $2"; echo more; exit 3' } },
      machine: { programs: {} },
    };
    const follow = async (text: string, byHand = { 'pull-the-plug': async () => undefined }) => {
      await writeFile(join(folder.path, 'page.md'), text);
      const name = relative(join(repository, 'docs/runbooks'), join(folder.path, 'page.md'));
      return followRunbook({ page: name, ...hosts, values: { SOURCE: 'laptop' }, byHand });
    };
    expect((await follow(page)).map(({ output, exitCode }) => [output, exitCode])).toEqual([
      ['source   laptop\nmore', 3],
    ]);
    await expect(follow(page.replace('source SOURCE', 'source of SOURCE'))).rejects.toThrow('source of laptop');
    await expect(follow(page.replace('source SOURCE', 'more\nsource SOURCE'))).rejects.toThrow('source laptop');
    await expect(follow(page.replace('(exit code 3)', 'm…e'))).rejects.toThrow('exit code 0');
    await expect(follow(page.replace('- `SOURCE`', '- SOURCE'))).rejects.toThrow('words to replace: SOURCE');
    await expect(follow(page.replace('pull-the-plug', 'pull-it'))).rejects.toThrow('by hand');
  });
});

const listed = z.array(z.object({ name: z.string(), uid: z.number() }));

const uidOf = async (receiver: TestReceiver, name: string): Promise<number> => {
  const { stdout } = await receiver.cli('sources', '--json', '--data', receiver.dataDir);
  return listed.parse(JSON.parse(stdout)).find((source) => source.name === name)?.uid ?? 0;
};

/** What `pattern` catches in what was said last that it fits. */
const found = (said: readonly { readonly output: string }[], pattern: RegExp): string => {
  const caught = said.flatMap(({ output }) => [...output.matchAll(pattern)]).at(-1)?.[1];
  if (caught === undefined) throw new Error(`nothing was said that fits ${pattern}`);
  return caught;
};

test('ransomware.md: a machine that was taken over comes back', { timeout: 400_000 }, async () => {
  await using receiver = await withReceiver();
  await using old = await Machine.make();
  await old.enrol(receiver);
  for (let run = 0; run < 2; run += 1) expect((await old.berth('backup')).exitCode).toBe(0);
  {
    await using attacker = await attackerOf(receiver, old);
    await wipe(attacker, seededRandom(runSeed()));
  }
  await using machine = await Machine.make();
  const folder = join(machine.directory, 'brought back');
  await followRunbook({
    page: 'ransomware.md',
    server: serverHost(receiver),
    machine: machineHost(machine),
    values: {
      SOURCE: 'laptop',
      SERVER: `127.0.0.1:${receiver.port}`,
      FINGERPRINT: await hostKeyOf(receiver),
      // The last line that looks right, as a reader finds it.
      MOMENT: (said) => found(said, /\(\+1\).*?(\d{16})\s*$/gm),
      FOLDER: `'${folder}'`,
      ANOTHER: (said) => found(said.slice(0, 1), /\b1 \(\+1\).*?(\d{16})\s*$/gm),
      LOOK: `'${folder} of another moment'`,
    },
    byHand: {
      'cut-off': async () => undefined,
      'password-from-paper': async () => {
        await mkdir(machine.home, { recursive: true });
        await copyFile(join(old.home, 'password'), join(machine.home, 'password'));
      },
      'new-key': async (said) => {
        const before = await uidOf(receiver, 'laptop');
        await receiver.writeSources({ laptop: { uid: before, keys: [found(said, /key: '([^']+)'/g)] } });
        await eventually('the old key is refused', 10_000, async () => {
          const stolen = { file: join(old.home, 'id_ed25519'), line: '' };
          return !(await receiver.letsIn('laptop', stolen));
        });
      },
    },
  });
  for (const restored of [folder, `${folder} of another moment`]) {
    expect(await differences(old.files, join(restored, old.files))).toBe('');
  }
});
