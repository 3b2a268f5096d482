import type { Millis } from '@berth/common/brand.ts';
import type { ChannelType } from '../channels/settings.ts';
import type { Window } from '../coordinator/plan/window.ts';
import type { Severity } from '../events/condition.ts';
import { span } from './schedule-schema.ts';

/**
 * What sources.yaml says of whom to tell, checked, with every default filled in. Secrets stand in files of their own: here are only
 * the names of these, as written; monitor/settings-of.ts reads them.
 */
export interface People {
  /** How mails and the page call the server; null for the host's own name. */
  readonly serverName: string | null;
  /** Where people reach the page, without a slash at its end; null for no links. */
  readonly pageUrl: string | null;
  /** Minutes after midnight by the server's wall clock. */
  readonly digest: { readonly at: number };
  readonly alerts: {
    /** The hours in which only what is critical is told; null for none. */
    readonly quiet: Window | null;
    readonly remindMs: Millis;
  };
  /** In the order of the file. No name stands twice. */
  readonly channels: readonly Channel[];
  /** Null for `page: off`. */
  readonly page: Page | null;
  /** For the server itself. */
  readonly ping: Ping | null;
}

/** A URL as written, or the name of the file that holds it because it is a secret. */
export type UrlFrom = { readonly url: string } | { readonly urlFile: string };

interface Common {
  readonly name: string;
  /** The least severity that it is told of. */
  readonly alerts: Severity | 'none';
  readonly digest: boolean;
}

/** `allowPrivate`: whether its name may resolve to an address of a private network. */
interface Web extends Common {
  readonly from: UrlFrom;
  readonly allowPrivate: boolean;
}

interface Email extends Common {
  readonly type: 'email';
  readonly host: string;
  readonly port: number;
  readonly tls: 'implicit' | 'starttls' | 'none';
  /** Null, and `passwordFile` with it, for a server that asks nobody. */
  readonly user: string | null;
  readonly passwordFile: string | null;
  readonly sender: string;
  /** At least one. No address stands twice. */
  readonly to: readonly string[];
}

/** A way to people, by its type. */
export type Channel =
  | Email
  | (Web & { readonly type: 'ntfy'; readonly tokenFile: string | null })
  | (Web & { readonly type: 'gotify'; readonly tokenFile: string })
  | (Web & { readonly type: 'slack' })
  | (Web & { readonly type: 'discord' })
  | (Web & { readonly type: 'matrix'; readonly room: string; readonly tokenFile: string })
  | (Web & { readonly type: 'telegram'; readonly chat: string; readonly tokenFile: string })
  | (Web & { readonly type: 'webhook'; readonly secretFile: string | null });

export type ChannelOf<Type extends ChannelType> = Extract<Channel, { readonly type: Type }>;

/** A dead man's switch. */
export interface Ping {
  readonly type: 'healthchecks' | 'uptime-kuma';
  readonly from: UrlFrom;
  readonly allowPrivate: boolean;
}

/** Where the page listens, and who is let in. One that listens on more than loopback has a password or a proxy. */
export interface Page {
  /** Numeric. */
  readonly address: string;
  readonly port: number;
  readonly hosts: readonly string[];
  readonly passwordFile: string | null;
  /** `from`: CIDR. */
  readonly proxy: { readonly header: string; readonly from: readonly string[] } | null;
}

/** Where the page listens unless the file says otherwise. */
export const usualListen = { address: '127.0.0.1', port: 8480 } as const;

/** What holds where nothing is written. */
export const nobodyToTell: People = {
  serverName: null,
  pageUrl: null,
  digest: { at: 6 * 60 },
  alerts: { quiet: null, remindMs: span(86_400_000) },
  channels: [],
  page: { ...usualListen, hosts: [], passwordFile: null, proxy: null },
  ping: null,
};
