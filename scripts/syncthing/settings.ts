/** What a Syncthing of ours is like, beside where it listens. */
export interface Wanted {
  /** Where it listens for its own kind, on loopback. */
  readonly port: number;
  /** Where its programming interface and its page listen, on loopback. */
  readonly guiPort: number;
}

/**
 * Its first config.xml, made quiet before it ever serves: it talks to nobody but whom it is told of, announces itself nowhere, asks no
 * service in the internet for anything and opens no browser. https://docs.syncthing.net/users/config.html
 */
export const quietConfig = (generated: string, { port, guiPort }: Wanted): string => {
  const options: Readonly<Record<string, string>> = {
    listenAddress: `tcp://127.0.0.1:${port}`,
    globalAnnounceServer: 'https://127.0.0.1:9/',
    ...{ globalAnnounceEnabled: 'false', localAnnounceEnabled: 'false', announceLANAddresses: 'false' },
    ...{ relaysEnabled: 'false', natEnabled: 'false', stunKeepaliveStartS: '0' },
    ...{ urAccepted: '-1', crashReportingEnabled: 'false', autoUpgradeIntervalH: '0', startBrowser: 'false' },
    // Else it leaves its process group: Ctrl-C in a demo would not reach it.
    setLowPriority: 'false',
    // Loopback counts as local network, which is not slowed down unless it is said.
    ...{ reconnectionIntervalS: '2', limitBandwidthInLan: 'true' },
  };
  const quiet = Object.entries(options).reduce(
    (xml, [name, value]) => replaced(xml, new RegExp(`<${name}>[^<]*</${name}>`), `<${name}>${value}</${name}>`),
    generated,
  );
  const gui = replaced(quiet, /<address>127\.0\.0\.1:8384<\/address>/, `<address>127.0.0.1:${guiPort}</address>`);
  return gui.replaceAll('<address>dynamic</address>', `<address>tcp://127.0.0.1:${port}</address>`);
};

const replaced = (xml: string, what: RegExp, by: string): string => {
  if (!what.test(xml)) throw new Error(`this Syncthing writes another config.xml than expected: no ${what.source}`);
  return xml.replace(what, by);
};
