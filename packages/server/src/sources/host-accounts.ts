/** The accounts this host has without us: names and numbers a source can't have, or should not. */
export interface HostAccounts {
  /** Account name → UID: all of the system's. A source can't have such a name: the first of two in passwd wins. */
  readonly uids: ReadonlyMap<string, number>;
  /** Those whose UID no source may have, because our own processes run under it: `sshd`, `berth`. */
  readonly ours: ReadonlySet<string>;
}

/** No account at all: for checks on a machine that is not the server. `root`, `sshd` and `berth` stay reserved. */
export const noAccounts: HostAccounts = { uids: new Map(), ours: new Set() };

/** The accounts in the text of a passwd(5) file; lines that are none are skipped. `ours` names the program's own. */
export const readAccounts = (passwd: string, ours: readonly string[] = ['sshd', 'berth']): HostAccounts => {
  const uids = new Map<string, number>();
  for (const line of passwd.split('\n')) {
    const [name = '', , uid = ''] = line.split(':');
    if (name !== '' && /^\d+$/.test(uid) && !uids.has(name)) uids.set(name, Number(uid));
  }
  return { uids, ours: new Set(ours) };
};
