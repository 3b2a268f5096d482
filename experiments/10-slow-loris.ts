import { stallLogins } from '../test/helpers/stall.ts';
import type { Experiment } from './experiment.ts';

/** Connections that never log in. Both forms are the same: with fewer of them nothing would be shown. */
export const slowLorisExperiment: Experiment = {
  id: 10,
  name: 'slow-loris: connections stalled before they log in',
  run: async ({ signal }) => {
    const { stalled, logins, left, letsIn } = await stallLogins(200, signal);
    const share = logins.good / logins.all;
    return {
      many: `${stalled} stalled connections, ${logins.all} honest logins`,
      lost: `${logins.all - logins.good} logins`,
      figure: `${(share * 100).toFixed(1)} % of honest logins; ${left} stalled alive 5 s past the grace time`,
      held: logins.all >= 5 && share >= 0.99 && left === 0 && letsIn,
    };
  },
};
