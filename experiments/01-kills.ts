import { seededRandom } from '../test/helpers/random.ts';
import type { Experiment } from './experiment.ts';
import { type Kills, killAll, kinds, total } from './support/kills.ts';
import { scratch } from './support/scratch.ts';
import { sideBySide } from './support/side-by-side.ts';

/** Each with sources of its own; a start takes most of the time, and a processor. */
const lanes = 2;
const mostReadyMs = 5000;

/** SIGKILL of sessions and jobs as they are, at random moments of all that changes a source. */
export const killsExperiment: Experiment = {
  id: 1,
  name: 'SIGKILL of sessions and jobs at random moments of put, delete, rewind, purge and checkpoint',
  run: async ({ full, say, signal, seed }) => {
    const enough = full ? 1000 : 60;
    const kills: Kills = {
      killed: { put: 0, delete: 0, checkpoint: 0, rewind: 0, purge: 0 },
      acknowledged: 0,
      readyMs: 0,
      wrong: [],
    };
    await sideBySide(Array.from({ length: lanes }), lanes, async (_, lane) => {
      await using folder = await scratch('memory');
      const random = seededRandom(seed + lane);
      await killAll({ signal, say }, folder.path, random, kills, () => total(kills) >= enough);
    });
    const each = kinds.map((kind) => `${kills.killed[kind]} at ${kind}`).join(', ');
    return {
      many: `${total(kills)} kills: ${each}; ${kills.acknowledged} answers`,
      lost: `${kills.wrong.length} lost or partial`,
      figure: `ready again after ${(kills.readyMs / 1000).toFixed(1)} s at most`,
      held:
        kills.wrong.length === 0 &&
        kills.readyMs < mostReadyMs &&
        kinds.every((kind) => kills.killed[kind] > 0) &&
        total(kills) >= enough,
    };
  },
};
