import { keyOf } from '../events/condition.ts';
import type { MonitorWord } from './link.ts';
import { type MonitorSettings, pingName } from './settings.ts';

type Trouble = Pick<MonitorSettings['broken'][number], 'name' | 'text' | 'remedy'>;

const about = (name: string) => ({ code: 'channel-failing', source: null, subject: name.slice(0, 200) }) as const;
const [prefix, ofServer] = [keyOf(about(pingName(''))), keyOf(about(pingName(null)))];

/** Says which pings fail, and the end of that: once as long as it is so. Those whose secret can not be read are the outbox's to tell. */
export class PingWords {
  #said: ReadonlyMap<string, string> = new Map();

  /**
   * What is to be said now. `open` are the keys of all conditions: one of an earlier monitor is over when its ping is gone, or once
   * `isSettled`: by then a ping that still fails has failed again.
   */
  look(
    troubles: readonly Trouble[],
    {
      ping,
      sources,
      broken,
    }: Pick<MonitorSettings, 'ping' | 'broken'> & {
      readonly sources: readonly Pick<MonitorSettings['sources'][number], 'name' | 'ping'>[];
    },
    open: readonly string[],
    isSettled: boolean,
  ): readonly MonitorWord[] {
    const before = this.#said;
    const failing = new Map(troubles.map((trouble) => [keyOf(about(trouble.name)), trouble]));
    this.#said = new Map([...failing].map(([key, { text }]) => [key, text]));
    const used = [{ name: null, ping }, ...sources]
      .filter((one) => one.ping !== null)
      .map(({ name }) => pingName(name));
    const kept = new Set(
      [...broken.map(({ name }) => name), ...(isSettled ? [] : used)].map((name) => keyOf(about(name))),
    );
    const left = open.filter((key) => (key === ofServer || key.startsWith(prefix)) && !kept.has(key));
    const over = new Set([...before.keys(), ...left].filter((key) => !failing.has(key)));
    return [
      ...[...over].map((key) => ({ resolve: key })),
      ...[...failing].filter(([key, { text }]) => before.get(key) !== text).map(([, trouble]) => fails(trouble)),
    ];
  }
}

const fails = ({ name, text, remedy }: Trouble): MonitorWord => ({
  raise: { ...about(name), severity: 'warning', text: text.slice(0, 2000), remedy: remedy.slice(0, 2000) },
});
