import type { Policy } from '@berth/common/control/policy.ts';
import { checkWord, pruneWord, retentionWord } from '../sources/describe-schedule.ts';

/** What the server leaves open a machine's agent.yaml says; a phone has none, and gets what an agent does by itself. */
export const unsaid = (ingest: object | null): string => (ingest === null ? 'as its agent.yaml says' : 'as by default');

/** What is kept of a source, pruned and checked. */
export const policyWords = ({
  policy: { retention, prune, check },
  ingest,
}: {
  readonly policy: Policy;
  readonly ingest: object | null;
}): { readonly keeps: string; readonly prunes: string; readonly checks: string } => ({
  keeps: retention === null ? unsaid(ingest) : retentionWord(retention),
  prunes: prune === null ? unsaid(ingest) : pruneWord(prune),
  checks: check === null ? unsaid(ingest) : checkWord(check),
});
