declare const brand: unique symbol;

/** A `Base` that only its parser makes, so that one kind of string or number is never passed for another. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** A host name as `sources.yaml` spells it; also the account and the folder of that source. */
export type SourceName = Brand<string, 'SourceName'>;
/** A count of bytes: a safe integer, never negative. */
export type Bytes = Brand<number, 'Bytes'>;
/** A span of time in milliseconds. */
export type Millis = Brand<number, 'Millis'>;
/** The SHA-256 fingerprint of an SSH public key as OpenSSH prints it: `SHA256:` and 43 characters of base64. */
export type Fingerprint = Brand<string, 'Fingerprint'>;
