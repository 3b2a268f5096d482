/** A source as a test writes it. */
export interface TestSource {
  readonly uid: number;
  /** Public keys, each a line as `ssh-keygen` writes it; none for a phone, which never logs in. */
  readonly keys: readonly string[];
  /** Further lines, such as `quota: 10M`. */
  readonly more?: Readonly<Record<string, string>>;
}
export type TestSources = Readonly<Record<string, TestSource>>;

/** A whole sources.yaml. Without a page: all servers of one test run would want the same port. */
export const sourcesText = (sources: TestSources): string => {
  const entries = Object.entries(sources).map(([name, { uid, keys, more = {} }]) => {
    const login = keys.length === 0 ? [] : [`keys: [${keys.map((key) => `'${key}'`).join(', ')}]`];
    const lines = [`uid: ${uid}`, ...login];
    for (const [key, value] of Object.entries(more)) lines.push(`${key}: ${value}`);
    return `  ${name}:\n${lines.map((line) => `    ${line}\n`).join('')}`;
  });
  return `page: off\n${entries.length === 0 ? 'sources: {}\n' : `sources:\n${entries.join('')}`}`;
};
