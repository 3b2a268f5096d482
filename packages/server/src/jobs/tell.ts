import type { Writable } from 'node:stream';

/** Says all of `lines` to a child as JSON, a line each, until it is gone or `end` is called. Never throws: its end says why it ended. */
export const tell = (to: Writable, lines: AsyncIterable<unknown>): { readonly end: () => Promise<void> } => {
  to.on('error', () => undefined);
  const said = lines[Symbol.asyncIterator]();
  const gone = Promise.withResolvers<null>();
  to.on('close', () => gone.resolve(null));
  const saying = (async () => {
    for (;;) {
      const next = await Promise.race([said.next(), gone.promise]);
      if (next === null || next.done === true) break;
      to.write(`${JSON.stringify(next.value)}\n`);
    }
    to.end();
  })().catch(() => to.end());
  return {
    end: async () => {
      gone.resolve(null);
      await saying;
      // One that waits for its next line is not waited for.
      void said.return?.()?.catch(() => undefined);
    },
  };
};
