import type { TrendDay } from '../monitor/overview.ts';
import type { DigestModel, Need, SourceStory } from './model.ts';
import { remedyParts } from './remedy.ts';
import { signs, standingWords } from './standing.ts';

const columns = 78;

/** The digest as a mail's plain part: as good as the other, for a terminal of 80 columns. Only names make a line longer. */
export const textDigest = (model: DigestModel): string => {
  const { tone, headline, counts, server, now, url, since, storage, footer } = model;
  const blocks = [
    [
      `${signs[tone]} ${headline.toUpperCase()}`,
      ...wrap(counts),
      '',
      ...wrap(`berth on ${server}, ${now}`),
      ...(url === null ? [] : [url]),
    ],
    ...(model.needs.length === 0 ? [] : [[...title('WHAT TO DO'), ...needLines(model)]]),
    ...(model.sources.length + model.others.length === 0 ? [] : [[...title('SOURCES'), ...sourceLines(model)]]),
    [...title('STORAGE'), ...barLines(storage.usedPercent), ...storage.lines.flatMap((line) => wrap(line))],
    [...title(`WHAT HAPPENED since ${since}`), ...eventLines(model)],
    [...title(`WHAT CHANGED IN sources.yaml since ${since}`), ...changeLines(model)],
    ['-- ', ...footer.flatMap((line) => wrap(line))],
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
};

const title = (words: string): readonly string[] => [words, '-'.repeat(Math.min(columns, words.length))];

const urgency: Readonly<Record<Need['severity'], string>> = {
  critical: 'NOW',
  warning: 'TODAY',
  notice: 'WHEN THERE IS TIME',
};

const needLines = ({ needs, moreNeeds }: DigestModel): readonly string[] => [
  ...needs.flatMap(({ severity, title: what, texts, since, remedies }, index) => [
    ...(index === 0 ? [] : ['']),
    ...wrap(`${numbered(severity, index)}${signs[severity]} ${urgency[severity]}: ${what}`, '   '),
    ...texts.flatMap((text) => wrap(`   ${text}`, '   ')),
    ...(since === '' ? [] : [`   ${since}`]),
    ...remedies.flatMap(remedyLines),
  ]),
  ...(moreNeeds === 0 ? [] : ['', `And ${moreNeeds} more: berth-server status`]),
];

/** What can wait is no thing that needs doing, and is not counted as one. */
const numbered = (severity: Need['severity'], index: number): string =>
  severity === 'notice' ? '   ' : `${index + 1}. `;

/** Commands on lines of their own, to be copied. */
const remedyLines = (remedy: string): readonly string[] =>
  remedyParts(remedy).flatMap(({ words, command }, index) => [
    ...wrap(index === 0 ? `   Do: ${words}` : `       ${words}`, '       '),
    ...(command === null ? [] : [`         ${command}`]),
  ]);

const sourceLines = ({ sources, others }: DigestModel): readonly string[] => [
  ...sources.flatMap((source, index) => [...(index === 0 ? [] : ['']), ...storyLines(source)]),
  ...(others.length === 0 || sources.length === 0 ? [] : ['']),
  ...others.flatMap(({ standing, words }) => wrap(`${signs[standingWords[standing].tone]} ${words}`, '  ')),
  ...(sources.length === 0
    ? []
    : ['', ...wrap('On the right are the last 14 days, today last: = good, ! with warnings, x failed, . no backup.')]),
];

const storyLines = ({ name, standing, words, facts, trend }: SourceStory): readonly string[] => {
  const { word, tone } = standingWords[standing];
  const head = `${signs[tone]} ${name}: ${tone === 'good' ? word : word.toUpperCase()}`;
  const days = trend.map(({ outcome }) => marks[outcome]).join('');
  return [
    `${head}${' '.repeat(Math.max(2, columns - head.length - days.length))}${days}`.trimEnd(),
    ...(words === null ? [] : wrap(`  ${words}`, '  ')),
    ...facts.flatMap(({ label, value }) => wrap(`  ${label.padEnd(10)} ${value}`, ' '.repeat(13))),
  ];
};

const marks: Readonly<Record<TrendDay['outcome'], string>> = { good: '=', warned: '!', failed: 'x', none: '.' };

const barLines = (percent: number | null): readonly string[] => {
  if (percent === null) return [];
  const full = Math.round((percent / 100) * 40);
  return [`[${'#'.repeat(full)}${'.'.repeat(40 - full)}] ${percent}% used`];
};

const eventLines = ({ events, moreEvents, eventsNote }: DigestModel): readonly string[] => [
  ...(eventsNote === null ? [] : wrap(eventsNote)),
  ...events.flatMap(({ tone, state, title: what, words }) => wrap(`${signs[tone]} ${state}: ${what}: ${words}`, '  ')),
  ...(moreEvents === 0 ? [] : [`And ${moreEvents} more: berth-server events`]),
  ...(events.length === 0 ? ['Nothing out of the ordinary.'] : []),
];

const changeLines = ({ changes, moreChanges }: DigestModel): readonly string[] => [
  ...changes.flatMap(({ at, lines }) => [`${at}:`, ...lines.flatMap((line) => wrap(`  ${line}`, '    '))]),
  ...(moreChanges === 0 ? [] : [`And ${moreChanges} more lines.`]),
  ...(changes.length === 0 ? ['Nothing.'] : []),
];

/** Broken at spaces; what has none stays whole, so that a name or a command can be copied. */
const wrap = (words: string, indent = ''): readonly string[] => {
  const lead = /^ */.exec(words)?.[0] ?? '';
  const lines: string[] = [];
  let line = lead;
  for (const word of words.slice(lead.length).split(/(?<=\S) (?=\S)/)) {
    const isEmpty = line.trim() === '';
    if (!isEmpty && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = indent + word;
    } else line += isEmpty ? word : ` ${word}`;
  }
  return [...lines, line.trimEnd()];
};
