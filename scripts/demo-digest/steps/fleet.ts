import { sourceStates } from '@berth/common/control/usage.ts';
import type { Overview } from '../../../packages/server/src/monitor/overview.ts';
import { paint, say } from '../../demo/screen.ts';
import { expect } from '../../demo/story.ts';

/** Says who is in which state. */
export const showFleet = async ({ sources, server }: Overview): Promise<string> => {
  for (const state of sourceStates) {
    const names = sources.filter((source) => source.state === state).map(({ name }) => name);
    expect(names.length > 0, `nobody is ${state}`);
    const more = names.length > 4 ? ` and ${names.length - 4} more` : '';
    say(`  ${paint('dim', state.padEnd(11))} ${names.slice(0, 4).join(', ')}${more}`);
  }
  return `${sources.length} sources of ${server.name} in ${sourceStates.length} states`;
};
