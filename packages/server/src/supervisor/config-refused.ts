import { keyOf, type Word } from '../events/condition.ts';

const about = { code: 'config-refused', source: null, subject: null } as const;
const mostFindings = 3;

/** What is so while a sources.yaml is refused, worded with the first of what is wrong with it; over when one is in force. */
export const refusedWord = (findings: readonly { readonly message: string; readonly remedy: string }[]): Word => {
  const [first] = findings;
  if (first === undefined) return { resolve: keyOf(about) };
  const more = findings.length - mostFindings;
  const said = findings.slice(0, mostFindings).map(({ message }) => message.replace(/\.$/, ''));
  return {
    raise: {
      ...about,
      severity: 'warning',
      text: `The latest sources.yaml is refused, and the last good one stays in force: ${said.join('; ')}${more > 0 ? `; and ${more} more` : ''}.`,
      remedy: `${first.remedy} See all of it with: berth-server check`,
    },
  };
};
