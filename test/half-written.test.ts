import { describe, expect, test } from 'vitest';
import { eventually, isRoot, withReceiver } from './helpers/receiver.ts';

describe.runIf(isRoot)('a receiver whose sources.yaml an editor is still writing (needs root)', () => {
  test('takes a file that stops behind "sources:" for half a file, and "sources: {}" for a wish', async () => {
    await using receiver = await withReceiver();
    const key = await receiver.makeKey();
    await receiver.writeConfig('sources:\n');
    await receiver.writeSources({ alpha: { uid: 4001, keys: [key.line] } });
    await eventually('alpha gets in', 15_000, () => receiver.letsIn('alpha', key));
    await receiver.writeConfig('sources:\n');
    await eventually('it is refused', 15_000, async () => receiver.log.includes('nothing stands behind'));
    expect(await receiver.letsIn('alpha', key)).toBe(true);
    expect((await receiver.cli('check', '--config', receiver.configFile, '--data', receiver.dataDir)).exitCode).toBe(1);
    await receiver.writeConfig('sources: {}\n');
    await eventually('alpha is out', 5000, async () => !(await receiver.letsIn('alpha', key)));
  });

  test('started while the file stops behind "sources:", has in force what the last server had, and says so', async () => {
    await using receiver = await withReceiver();
    const [key, next] = [await receiver.makeKey(), await receiver.makeKey()];
    const alpha = { uid: 4001, keys: [key.line] };
    await receiver.writeSources({ alpha });
    await eventually('alpha gets in', 15_000, () => receiver.letsIn('alpha', key));
    await receiver.stop();
    await receiver.writeConfig('sources:\n');
    await receiver.start();
    expect(await receiver.letsIn('alpha', key)).toBe(true);
    const { stdout } = await receiver.cli('status', '--data', receiver.dataDir);
    expect(stdout).toContain('The file was refused');
    expect(stdout).toContain('nothing stands behind "sources:"');
    // The editor goes on.
    await receiver.writeSources({ alpha, beta: { uid: 4002, keys: [next.line] } });
    await eventually('beta gets in', 15_000, () => receiver.letsIn('beta', next));
    // A wish is a wish at the start too.
    await receiver.stop();
    await receiver.writeConfig('sources: {}\n');
    await receiver.start();
    expect(await receiver.letsIn('alpha', key)).toBe(false);
  });
});
