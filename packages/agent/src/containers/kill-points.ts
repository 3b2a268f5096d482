/**
 * Moments of a run at which a test kills the agent. In production nobody listens. What is stopped, copied and started passes them in this order;
 * the test promises that whatever was stopped runs again after each.
 */
export const killPoints = [
  'before-state',
  'state-tmp',
  'state-written',
  'stop-1-sent',
  'stop-1-done',
  'stop-2-sent',
  'all-stopped',
  'snapshot-noted',
  'snapshot-taken',
  'copy-begun',
  'copy-midway',
  'copy-done',
  'start-1-sent',
  'start-1-done',
  'all-started',
  'state-cleared',
  'pause-sent',
  'paused',
  'exec-midway',
  'recover-after-first-start',
] as const;
export type KillPoint = (typeof killPoints)[number];

/** `world.at?.(point)`: undefined in production. */
export type AtKillPoint = (point: KillPoint) => void | Promise<void>;
