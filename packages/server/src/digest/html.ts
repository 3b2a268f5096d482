import { html, raw } from 'hono/html';
import { font, type Markup, muted, pill } from './html-parts.ts';
import { bar, card, heading, item, needCard, sourceBlock, verdict } from './html-sections.ts';
import type { DigestModel } from './model.ts';
import { darkStyle, light, narrowStyle } from './palette.ts';
import { standingWords } from './standing.ts';

/**
 * The digest's HTML part as MJML, which makes of it the frame that Outlook, Gmail and phones agree on
 * (https://documentation.mjml.io). In the frame are tables with inline styles, since https://www.caniemail.com knows of clients that
 * read no style sheet. Nothing is loaded: no image, no font, no script. Every value is escaped.
 */
export const digestMarkup = async (model: DigestModel): Promise<string> => String(await frame(model));

/** What MJML adds to its markup, at most. */
export const frameBytes = 8 * 1024;

/** HTML of MJML markup. Rejects only by a bug. */
export const mailHtml = async (markup: string): Promise<string> => {
  // It weighs 300 ms and 50 MB, once a day.
  const { default: mjml2html } = await import('mjml');
  // Without a file to include others from; where we run there may be none that we may look at.
  const options = { validationLevel: 'strict', fonts: {}, keepComments: false, filePath: '' } as const;
  const { html: made } = await mjml2html(markup, options);
  return narrow(made);
};

/** MJML indents; of what a client may cut at 102 KB that is a tenth. */
const narrow = (markup: string): string => markup.replace(/\n\s+/g, '\n').replace(/\n{2,}/g, '\n');

const frame = (model: DigestModel): Markup => html`<mjml lang="en" dir="ltr">
<mj-head>
<mj-title>${model.subject}</mj-title>
<mj-preview>${preview(model)}</mj-preview>
<mj-attributes><mj-all font-family="${font}" padding="0" /></mj-attributes>
<mj-style>${raw(narrowStyle)}</mj-style>
<mj-raw><style>${raw(darkStyle)}</style><meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark"><meta name="format-detection" content="telephone=no,date=no,address=no"></mj-raw>
</mj-head>
<mj-body width="720px" background-color="${light.page}" css-class="b">
<mj-section padding="16px 8px 24px"><mj-column>
<mj-table role="presentation" color="${light.text}" font-size="14px" line-height="20px">${sections(model)}</mj-table>
</mj-column></mj-section>
</mj-body>
</mjml>`;

/** What a list of mails shows beside the subject: what to do. */
const preview = ({ needs, headline, counts, storage }: DigestModel): string =>
  needs.length === 0
    ? `${headline}. ${counts}. ${storage.lines.join(' ')}`
    : needs
        .slice(0, 5)
        .map(({ title }, index) => `${index + 1}. ${title}.`)
        .join(' ');

const sections = (model: DigestModel): readonly Markup[] => [
  verdict(model),
  ...needsSection(model),
  ...sourcesSection(model),
  heading('Storage'),
  card([
    model.storage.usedPercent === null ? html`` : bar(model.storage.usedPercent),
    ...model.storage.lines.map((line) => html`<div>${line}</div>`),
  ]),
  heading('What happened', `since ${model.since}`),
  card(eventsItems(model)),
  heading('What changed in sources.yaml', `since ${model.since}`),
  card(changesItems(model)),
  html`<tr><td class="m" style="padding:20px 2px 0;color:${light.muted};font-size:12px;line-height:18px">${model.footer.map((line) => html`<div>${line}</div>`)}</td></tr>`,
];

const needsSection = ({ needs, moreNeeds }: DigestModel): readonly Markup[] => {
  if (needs.length === 0) return [];
  return [
    heading('What to do', 'the most urgent first'),
    ...needs.map((need, index) => needCard(need, index + 1)),
    ...(moreNeeds === 0
      ? []
      : [card([item(html`And ${moreNeeds} more: see the status page, or <code>berth-server status</code>`, 0)])]),
  ];
};

const sourcesSection = ({ sources, others, tone }: DigestModel): readonly Markup[] => {
  if (sources.length === 0 && others.length === 0) return [];
  const legend = html`<div style="font-size:12px;line-height:18px;padding-top:6px">${muted(
    'Marks are the last 14 days, today last: full for a success, ! with warnings, \u00d7 failed, \u00b7 no backup.',
  )}</div>`;
  return [
    heading('Sources', tone === 'good' ? '' : 'those in trouble first'),
    card([
      ...sources.map(sourceBlock),
      ...others.map(({ standing, words }, index) =>
        item(
          html`${pill(standingWords[standing].tone, standingWords[standing].word)} ${words}`,
          sources.length + index,
        ),
      ),
      ...(sources.length === 0 ? [] : [legend]),
    ]),
  ];
};

const eventsItems = ({ events, moreEvents, eventsNote }: DigestModel): readonly Markup[] => [
  ...(eventsNote === null ? [] : [item(html`${eventsNote}`, 0)]),
  ...events.map(({ tone, state, title, words }, index) =>
    item(html`${pill(tone, state)} <b>${title}</b>: ${words}`, index),
  ),
  ...(moreEvents === 0 ? [] : [item(html`And ${moreEvents} more: <code>berth-server events</code>`, 1)]),
  ...(events.length === 0 ? [item(html`Nothing out of the ordinary.`, 0)] : []),
];

const changesItems = ({ changes, moreChanges }: DigestModel): readonly Markup[] => [
  ...changes.map(({ at, lines }, index) =>
    item(html`${muted(at)}${lines.map((line) => html`<div>${line}</div>`)}`, index),
  ),
  ...(moreChanges === 0 ? [] : [item(html`And ${moreChanges} more lines.`, 1)]),
  ...(changes.length === 0 ? [item(html`Nothing.`, 0)] : []),
];
