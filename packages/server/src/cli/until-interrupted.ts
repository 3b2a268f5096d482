const signals = ['SIGINT', 'SIGTERM'] as const;

/** Aborted by Ctrl-C or SIGTERM, which no longer end this command: its job does, and says what came of it. */
export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
}

/** Takes over Ctrl-C and SIGTERM until it is disposed. */
export const untilInterrupted = (): Interruption => {
  const stopping = new AbortController();
  // Not `once`: with no listener left when the signal is handled, execa's own would end us before the job has answered.
  const stop = (): void => stopping.abort();
  for (const signal of signals) process.on(signal, stop);
  return {
    signal: stopping.signal,
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, stop);
    },
  };
};
