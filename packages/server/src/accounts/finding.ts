/**
 * Why a source can not be served on this host, and what the admin does about it. Nothing is changed while one stands.
 */
export interface AccountFinding {
  readonly code:
    | 'name-reserved'
    | 'uid-reserved'
    | 'uid-changed'
    | 'uid-in-use'
    | 'not-a-directory'
    | 'not-ours'
    | 'sftp-needs-root'
    | 'phone-folder';
  readonly source: string;
  /** One sentence: what was found. */
  readonly message: string;
  /** What to type or write next. */
  readonly remedy: string;
}
