/**
 * What one line of sshd's log says, as fields. Names, addresses and software versions in it come from outside: log
 * them as values only.
 */
export type SshdEvent =
  | { readonly event: 'listening'; readonly address: string; readonly port: number }
  | {
      readonly event: 'accepted';
      readonly account: string;
      readonly address: string;
      readonly port: number;
      readonly key: string;
    }
  | { readonly event: 'refused'; readonly account: string; readonly address: string; readonly port: number }
  | { readonly event: 'closed'; readonly account: string; readonly address: string; readonly port: number }
  | { readonly event: 'other'; readonly text: string };

const peer = /(?<address>\S+) port (?<port>\d+)/.source;
const patterns: readonly (readonly [Exclude<SshdEvent['event'], 'other'>, RegExp])[] = [
  ['listening', new RegExp(`^Server listening on ${peer}\\.$`)],
  ['accepted', new RegExp(`^Accepted publickey for (?<account>\\S+) from ${peer} ssh2: \\S+ (?<key>SHA256:\\S+)$`)],
  ['refused', new RegExp(`^Failed publickey for (?:invalid user )?(?<account>.*) from ${peer} ssh2.*$`)],
  [
    'refused',
    new RegExp(`^Connection (?:closed|reset) by (?:invalid|authenticating) user (?<account>.*) ${peer} \\[preauth\\]$`),
  ],
  ['closed', new RegExp(`^Disconnected from user (?<account>\\S+) ${peer}$`)],
];

/** Reads one line; a line of no known form is `other`, with its text as it came. */
export const parseSshdLine = (text: string): SshdEvent => {
  for (const [event, pattern] of patterns) {
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) continue;
    const { account = '', address = '', key = '' } = groups;
    const port = Number(groups['port']);
    switch (event) {
      case 'listening':
        return { event, address, port };
      case 'accepted':
        return { event, account, address, port, key };
      case 'refused':
      case 'closed':
        return { event, account, address, port };
    }
  }
  return { event: 'other', text };
};
