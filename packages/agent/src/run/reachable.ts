import type { AgentConfig } from '../config/schema.ts';
import type { Admission } from './lease.ts';
import { okEnd } from './recorder.ts';
import type { RunState } from './run.ts';

/**
 * Whether a wake that nobody gave an answer cannot connect either: it connects, and hangs up again. Hooks may stop a database until the
 * backup is made, and shall not where there is no server to make it on. Such a run ends here, and the next wake is its next try. False for
 * whoever types "berth backup": they wait for what comes of it.
 */
export const isOutOfReach = async (state: RunState, config: AgentConfig, admission: Admission): Promise<boolean> => {
  const { args, recorder } = state;
  const isUnanswered = admission.kind === 'without' && admission.detail !== null;
  if (args.place === undefined || !isUnanswered) return false;
  const end = await recorder.step('connect', 1, async () => {
    await using _ = await args.world.reach(config, args.signal);
    return okEnd;
  });
  if (end.outcome === 'ok') return args.signal.aborted;
  state.attempts = 1;
  return true;
};
