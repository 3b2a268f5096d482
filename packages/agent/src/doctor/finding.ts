/** What one check found: `state` for programs, a sentence for people, and where something is to be done, what. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly message: string;
  readonly remedy?: string;
}

/** A finding that needs no action. */
export const fine = (check: string, message: string): Finding => ({ check, state: 'ok', message });

/** Backups work, but not as well as they should. */
export const warning = (check: string, message: string, remedy: string): Finding => ({
  check,
  state: 'warning',
  message,
  remedy,
});

/** Backups do not work, or are not safe. */
export const failed = (check: string, message: string, remedy: string): Finding => ({
  check,
  state: 'failed',
  message,
  remedy,
});

/** Could not be looked at, because something before it failed. */
export const skipped = (check: string, message: string): Finding => ({ check, state: 'skipped', message });
