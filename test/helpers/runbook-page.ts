/** A part of a runbook in the order of the page: a block of commands, or something done by hand. runbook.ts says the convention. */
export type RunbookPart =
  | {
      readonly kind: 'block';
      readonly where: 'server' | 'machine';
      readonly script: string;
      /** The lines that the page shows; empty when it shows none. */
      readonly expected: string;
      readonly exitCode: number;
      /** Of the page, from 1, where the block begins. */
      readonly line: number;
    }
  | { readonly kind: 'by hand'; readonly name: string };

/** A page, as far as it can be followed. */
export interface Runbook {
  readonly words: readonly string[];
  readonly parts: readonly RunbookPart[];
}

/** Reads a page. Throws where it does not keep to the convention: such a page would leave its reader to guess. */
export const parseRunbook = (page: string): Runbook => {
  const lines = page.split('\n');
  const parts: RunbookPart[] = [];
  let paragraph: string[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const text = lines[at] ?? '';
    for (const [, name = ''] of text.matchAll(/<!-- by hand: ([a-z-]+) -->/g)) parts.push({ kind: 'by hand', name });
    const language = /^```(\w*)$/.exec(text)?.[1];
    if (language === undefined) {
      if (text.trimStart().startsWith('```'))
        throw mistake(at, 'a block that can not be read: at the left edge, one word behind');
      // A paragraph ends with an empty line and still is the one before the block.
      if (text !== '') paragraph = lines[at - 1] === '' ? [text] : [...paragraph, text];
      continue;
    }
    const end = endOf(lines, at);
    if (language === 'sh') {
      const shown = shownAfter(lines, end);
      parts.push({
        kind: 'block',
        where: whereOf(paragraph.join(' '), at),
        script: lines.slice(at + 1, end).join('\n'),
        ...shown,
        line: at + 1,
      });
      paragraph = [];
    }
    at = end;
  }
  return { words: wordsOf(lines), parts };
};

const whereOf = (paragraph: string, at: number): 'server' | 'machine' => {
  const places = [...paragraph.matchAll(/\*\*On the (server|machine)\*\*/g)].map(([, place]) => place);
  const place = places.at(-1);
  if (place === 'server' || place === 'machine') return place;
  throw mistake(at, 'the paragraph before does not say **On the server** or **On the machine**');
};

/** What stands in the block ```` ```text ```` behind the block that ends at `end`. */
const shownAfter = (
  lines: readonly string[],
  end: number,
): { readonly expected: string; readonly exitCode: number } => {
  const next = lines.findIndex((text, index) => index > end && text !== '');
  if (next === -1 || lines[next] !== '```text') return { expected: '', exitCode: 0 };
  const shown = lines.slice(next + 1, endOf(lines, next));
  const code = /^\(exit code (\d+)\)$/.exec(shown.at(-1) ?? '')?.[1];
  return code === undefined
    ? { expected: shown.join('\n'), exitCode: 0 }
    : { expected: shown.slice(0, -1).join('\n'), exitCode: Number(code) };
};

const endOf = (lines: readonly string[], begin: number): number => {
  const end = lines.findIndex((text, index) => index > begin && text === '```');
  if (end === -1) throw mistake(begin, 'the block has no end');
  return end;
};

const wordsOf = (lines: readonly string[]): readonly string[] => {
  const heading = lines.indexOf('## Words to replace');
  if (heading === -1) return [];
  const next = lines.findIndex((text, index) => index > heading && text.startsWith('## '));
  return lines
    .slice(heading + 1, next === -1 ? undefined : next)
    .map((text) => /^- `([A-Z][A-Z-]*[A-Z])`: /.exec(text)?.[1])
    .filter((word) => word !== undefined);
};

const mistake = (at: number, what: string): Error => new Error(`line ${at + 1} of the runbook: ${what}`);
