import { seededRandom } from '../test/helpers/random.ts';
import type { Experiment } from './experiment.ts';
import { forgedClocks } from './support/clock-clients.ts';
import { type Lived, liveThrough } from './support/clock-history.ts';
import { scratch } from './support/scratch.ts';

/**
 * Clients whose clocks say 2001 and 2099, and a server whose clock jumps by up to ten years: no object is purged before
 * its protection has passed in truth, and none stays for ever.
 */
export const clocksExperiment: Experiment = {
  id: 8,
  name: 'forged clocks: clients in 2001 and 2099, the server ten years off',
  run: async (conditions) => {
    const { full, say, signal, seed } = conditions;
    await using folder = await scratch('memory');
    const clients = await forgedClocks(folder.path, conditions);
    for (const words of clients.wrong) say(words);

    const histories = full ? 20_000 : 500;
    let sum: Lived = { jumps: 0, trashed: 0, purged: 0, early: 0, earlyByAt: 0, stuck: 0 };
    for (let index = 0; index < histories; index += 1) {
      signal.throwIfAborted();
      const lived = await liveThrough(seededRandom(seed + index));
      if (lived.early + lived.stuck > 0) say(`seed ${seed + index}: ${lived.early} early, ${lived.stuck} stuck`);
      sum = added(sum, lived);
      if ((index + 1) % 1000 === 0) say(`${index + 1} histories, ${sum.purged} purged, ${sum.early} early`);
    }
    return {
      many: `${histories} histories with ${sum.jumps} jumps of the server's clock; ${clients.jobs} purges of the job program under shifted clocks`,
      lost: `${sum.early} of ${sum.purged} purged early`,
      figure: `${sum.earlyByAt} chances to purge early by the times alone; ${sum.stuck} never purged; ${clients.trashed} objects of restic in 2001 and 2099`,
      held: sum.early === 0 && sum.stuck === 0 && sum.purged > 0 && sum.earlyByAt > 0 && clients.wrong.length === 0,
    };
  },
};

const added = (one: Lived, other: Lived): Lived => ({
  jumps: one.jumps + other.jumps,
  trashed: one.trashed + other.trashed,
  purged: one.purged + other.purged,
  early: one.early + other.early,
  earlyByAt: one.earlyByAt + other.earlyByAt,
  stuck: one.stuck + other.stuck,
});
