import { exampleOverview } from '../monitor/testing.ts';
import { exampleChanges, exampleEvents } from '../monitor/testing-events.ts';
import type { DigestFacts } from './digest.ts';

/** The facts of an example's digest; say what of its overview differs. */
export const exampleFacts = (
  overview: Parameters<typeof exampleOverview>[0] = {},
  change: Partial<DigestFacts> = {},
): DigestFacts => {
  const made = exampleOverview(overview);
  return {
    ...{ overview: made, sinceMs: made.atMs - 86_400_000 },
    ...{ events: exampleEvents(made.atMs), changes: exampleChanges(made.atMs) },
    ...change,
  };
};

/** What a hostile source may put wherever it is asked for words. */
export const hostile: readonly string[] = [
  '<script>alert(1)</script><img src=x onerror=alert(1)>',
  '"><a href="javascript:alert(1)">x</a><!--',
  'x\r\nBcc: everyone@example.org\r\n\r\n<h1>body',
  '\u001b[2J\u001b[31mred\u001b]0;title\u0007\u009b1m',
  'safe\u202egnp.exe\u2066\u200f\u2028next\u2029\u0085line\u0000',
  '</mj-table></mj-body><mj-raw><script src="https://example.org/x.js"></script></mj-raw><mj-include path="/etc/passwd" />',
  '{{constructor}} [[x]] &lt;b&gt; &#60;script&#62; ]]> <![endif]--> $& $1',
  '\ud800 lone',
  '\u0301\u0327'.repeat(50),
];

/** Control, format and separator characters, and halves of characters: what no part of a digest may hold. */
export const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;
