/**
 * How many places neither a lease, nor whoever waits, nor a slot of the next minutes needs: so many of the server's own heavy
 * jobs may run.
 */
export const freePlaces = (args: {
  readonly concurrency: number;
  readonly held: number;
  readonly waiting: number;
  readonly soon: number;
}): number => Math.max(0, args.concurrency - args.held - args.waiting - args.soon);
