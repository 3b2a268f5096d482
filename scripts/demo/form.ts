/** What the receiver is: berth-server as a process, or its container, made by `berth-server up` or by docker compose. */
export type Form = 'process' | 'up' | 'compose';

const forms: Readonly<Record<string, Form>> = {
  '': 'process',
  '--docker': 'up',
  '--docker=up': 'up',
  '--docker=compose': 'compose',
};

/** The form that the words of the command line ask for; null when they ask for something else. */
export const formOf = (words: readonly string[]): Form | null => forms[words.join(' ')] ?? null;

export const usage = `npm run demo                        the receiver is a process of this machine
npm run demo -- --docker            it is a container, as berth-server up makes it
npm run demo -- --docker=compose    the same by docker compose`;
