import { printable } from '@berth/common/parsed.ts';

/** What became of a message on one channel; `error` null where it was delivered. */
export interface SentTo {
  readonly name: string;
  readonly error: { readonly message: string; readonly remedy: string } | null;
}

/** The same for a person. What a service said may be anything. */
export const sentText = (channels: readonly SentTo[]): string =>
  channels
    .map(({ name, error }) =>
      error === null
        ? `${name}: delivered\n`
        : `${name}: NOT delivered: ${printable(error.message, 1000)}\n  ${printable(error.remedy, 1000)}\n`,
    )
    .join('');
