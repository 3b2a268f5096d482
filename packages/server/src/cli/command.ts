/** What every command of the admin's is given. */
export interface Shared {
  /** The paragraph of examples at the end of a command's help, one a line. */
  readonly examples: (...lines: readonly string[]) => string;
  /** Where things are when nobody says otherwise. */
  readonly defaults: { readonly data: string };
}

/** Writes to standard output. */
export const say = (text: string): void => {
  process.stdout.write(text);
};

/** Writes one line of JSON to standard output. */
export const sayJson = (value: unknown): void => say(`${JSON.stringify(value)}\n`);
