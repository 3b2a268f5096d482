import ipaddr from 'ipaddr.js';

/** What an address is. `public` is what the whole internet reaches; everything else may be this machine or its neighbours. */
export type AddressKind = 'public' | 'loopback' | 'private' | 'link-local' | 'unspecified' | 'multicast' | 'reserved';

const globalUnicast = ipaddr.IPv6.parseCIDR('2000::/3');
const nat64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96');

/**
 * What a numeric IPv4 or IPv6 address is, by IANA's special-purpose registries as ipaddr.js knows them. An IPv6 address that stands for
 * an IPv4 one (mapped; NAT64, RFC 6052) is what that one is. What is no address is `reserved`, so that whoever asks refuses it.
 */
export const kindOfAddress = (address: string): AddressKind => {
  if (!ipaddr.isValid(address)) return 'reserved';
  const parsed = ipaddr.parse(address);
  if (parsed instanceof ipaddr.IPv4) return nameOf(parsed.range());
  if (parsed.isIPv4MappedAddress()) return nameOf(parsed.toIPv4Address().range());
  // A machine with IPv6 only reaches every IPv4 service by such an address (RFC 6147).
  if (parsed.match(nat64)) return nameOf(new ipaddr.IPv4(parsed.toByteArray().slice(12)).range());
  const name = nameOf(parsed.range());
  return name === 'public' && !parsed.match(globalUnicast) ? 'reserved' : name;
};

const nameOf = (range: string): AddressKind => names[range] ?? 'reserved';

const names: Readonly<Record<string, AddressKind>> = {
  ...{ unicast: 'public', loopback: 'loopback', unspecified: 'unspecified', multicast: 'multicast' },
  ...{ private: 'private', uniqueLocal: 'private', carrierGradeNat: 'private', deprecatedSiteLocal: 'private' },
  ...{ linkLocal: 'link-local', broadcast: 'multicast' },
};
