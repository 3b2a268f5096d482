/**
 * How much one source may ask for, so that none keeps the others waiting: a bucket of tokens that fills by the second. A
 * request costs one, and one more for each 64 KiB that it carries. Far more than any agent needs.
 */
export const usualAllowance = { most: 500, perSecond: 50 } as const;
export type Allowance = { readonly [Name in keyof typeof usualAllowance]: number };

/** What is left of it, at a time of a clock that never goes back, in milliseconds. */
export interface Budget {
  readonly allowance: Allowance;
  tokens: number;
  atMs: number;
}

/** All of it. */
export const fullBudget = (allowance: Allowance, nowMs: number): Budget => ({
  ...{ allowance, tokens: allowance.most, atMs: nowMs },
});

/** Takes what a request costs, or answers how many milliseconds until it can. */
export const spend = (budget: Budget, bytes: number, nowMs: number): number | null => {
  const cost = 1 + Math.floor(bytes / 65_536);
  const { most, perSecond } = budget.allowance;
  budget.tokens = Math.min(most, budget.tokens + (Math.max(0, nowMs - budget.atMs) * perSecond) / 1000);
  budget.atMs = nowMs;
  if (budget.tokens < cost) return Math.ceil(((cost - budget.tokens) * 1000) / perSecond);
  budget.tokens -= cost;
  return null;
};
