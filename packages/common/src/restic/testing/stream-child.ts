import { findLeash } from '../leash.ts';
import { openRestic } from '../restic.ts';

// An agent to be killed: writes so many bytes of a dump, says so, and waits for its end. Arguments: a folder as `workshop` makes it, the
// program to run as restic, how many bytes, and `leashed` for one that takes its restic with it.

const [folder = '', binary = '', bytes = '0', leashed = ''] = process.argv.slice(2);
const restic = await openRestic({
  binary,
  repository: `${folder}/repo`,
  passwordFile: `${folder}/password`,
  cacheDirectory: `${folder}/cache`,
  env: process.env,
  leash: leashed === 'leashed' ? await findLeash(process.env) : [],
});
await restic.backupStream(
  { host: 'laptop', tags: ['db'], filename: 'killed.dump' },
  async (sink) => {
    for (let left = Number(bytes); left > 0; left -= 65_536)
      await sink.write(Buffer.alloc(Math.min(left, 65_536), 'x'));
    console.log('written');
    await new Promise((resolve) => setTimeout(resolve, 600_000));
  },
  { onStarted: async (pid) => console.log(`restic ${pid}`) },
);
