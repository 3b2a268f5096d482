import type { ConfigChange, Overview, OverviewSource } from '../../monitor/overview.ts';
import { checkWord, pruneWord, retentionWord } from '../../sources/describe-schedule.ts';
import { unsaid } from '../../status/policy-words.ts';
import { agoWords } from '../../status/when.ts';
import { durationWords, sourcePath } from '../fleet/row.ts';
import type { ShownSettings } from '../page.ts';
import { html, type Markup, type Piece } from '../parts/markup.ts';
import { icon } from '../parts/tone.ts';
import { count, minuteWords, sizeWords, stampWords } from '../parts/words.ts';
import { terms } from '../source/facts.ts';

/** What sources.yaml says now, what of it changed lately, and why the latest is not in force where it is not. Never a secret. */
export const settingsPage = (
  overview: Overview,
  settings: ShownSettings | null,
  changes: readonly ConfigChange[],
  all: boolean,
): Markup => html`<section id="verdict" class="plainhead"><h1>Settings</h1><p class="lead">What sources.yaml says now. Nothing can be changed here: edit the file, and <code>berth-server check</code> says what that would do.</p></section>
${refused(overview)}<div class="two">${serverCard(overview, settings)}${settings === null ? null : tellingCard(settings)}</div>
${sourcesTable(overview.sources, all)}${changesCard(changes, overview)}`;

const refused = ({ server, atMs }: Overview): Markup | null =>
  server.refused === null
    ? null
    : html`<section class="card todo bad" aria-labelledby="h-refused"><h2 id="h-refused">${icon('failing', 'bad')}The latest sources.yaml was refused</h2><p>It came ${agoWords(server.refused.atMs, atMs)}; what is shown here is the last good one.</p><ul>${server.refused.findings
        .slice(0, 50)
        .map(
          ({ message, remedy }) => html`<li>${message.slice(0, 1000)}<p class="do">${remedy.slice(0, 1000)}</p></li>`,
        )}</ul></section>`;

const serverCard = ({ server, atMs }: Overview, settings: ShownSettings | null): Markup =>
  html`<section class="card" aria-labelledby="h-server"><h2 id="h-server">Server</h2>${terms([
    ['name', server.name],
    ['version', `${server.version}, up since ${stampWords(server.startedAtMs, atMs, server.timeZone)}`],
    ['time zone', server.timeZone],
    ['at once', String(server.concurrency)],
    ['port', String(server.port)],
    ['host key', html`<code>${server.hostKeyFingerprint}</code>`],
    ['sessions held by', server.jail],
    ['coordinator', server.coordinatorTrouble ?? server.coordinator],
    ['clock', server.clockTrusted ? 'trusted' : html`<b class="warn">not trusted: nothing is purged</b>`],
    ['page', settings?.page ?? 'not known'],
  ])}</section>`;

const tellingCard = (settings: ShownSettings): Markup => {
  const { digest, alerts, channels, pings, broken } = settings;
  const quiet = alerts.quiet === null ? 'none' : `${minuteWords(alerts.quiet.from)}–${minuteWords(alerts.quiet.to)}`;
  return html`<section class="card" aria-labelledby="h-telling"><h2 id="h-telling">Telling people</h2>${terms([
    ['digest', `at ${minuteWords(digest.at)}`],
    ['quiet hours', quiet],
    ['reminders', `after ${durationWords(alerts.remindMs)}, then ever more rarely`],
  ])}${
    channels.length === 0
      ? html`<p class="sub">No channel: nobody is told.</p>`
      : html`<h3>Channels</h3>${terms(
          channels.map(({ name, type, to, alerts: from, digest: has }) => [
            name,
            html`${to} <small>${type}, ${from === 'none' ? 'no alerts' : `alerts from ${from} on`}${has ? ', the digest' : ''}</small>`,
          ]),
        )}`
  }${
    pings.length === 0
      ? null
      : html`<h3>Pings</h3><ul>${pings
          .slice(0, 100)
          .map(({ source, type, host }) => html`<li>${source ?? 'the server'}: ${type} at ${host}</li>`)}</ul>`
  }${
    broken.length === 0
      ? null
      : html`<h3>Can not be used</h3><ul>${broken.map(
          ({ name, text, remedy }) =>
            html`<li>${icon('warned', 'warn')}${name}: ${text}<p class="do">${remedy}</p></li>`,
        )}</ul>`
  }</section>`;
};

const mostSources = 100;

const sourcesTable = (sources: readonly OverviewSource[], all: boolean): Markup => {
  const shown = all ? sources : sources.slice(0, mostSources);
  return html`<section aria-labelledby="h-sources"><h2 id="h-sources">${count(sources.length, 'source')}</h2><table class="plain card"><caption class="gone">Sources as sources.yaml has them</caption><thead><tr><th scope="col">Source</th><th scope="col">Comes</th><th scope="col" class="lo">Overdue after</th><th scope="col" class="lo">Protect</th><th scope="col">Quota</th><th scope="col" class="lo">Policy</th><th scope="col" class="lo">UID</th></tr></thead><tbody>${shown.map(
    (source) =>
      html`<tr><th scope="row"><a href="${sourcePath(source.name)}">${source.name}</a></th><td>${comes(source)}</td><td class="lo">${durationWords(source.overdueAfterMs)}</td><td class="lo">${durationWords(source.protectMs)}</td><td>${source.quotaBytes === null ? 'none' : sizeWords(source.quotaBytes)}</td><td class="lo">${policy(source)}</td><td class="lo">${source.uid}</td></tr>
`,
  )}</tbody></table>${sources.length > shown.length ? html`<p class="more"><a href="/settings?all=1">Show all ${sources.length}</a></p>` : null}</section>`;
};

const comes = ({ access, everyMs, window, immutable }: OverviewSource): Piece =>
  access === 'sftp'
    ? `by SFTP${immutable ? ', immutable' : ''}`
    : `every ${durationWords(everyMs)}${window === null ? '' : ` in ${window}`}`;

const policy = ({ policy: { retention, prune, check }, ingest }: OverviewSource): string =>
  [
    ...(retention === null ? [] : [`keeps ${retentionWord(retention)}`]),
    ...(prune === null ? [] : [`prunes ${pruneWord(prune)}`]),
    ...(check === null ? [] : [`checks ${checkWord(check)}`]),
  ].join('; ') || unsaid(ingest);

const changesCard = (changes: readonly ConfigChange[], { atMs, server }: Overview): Markup =>
  html`<section class="card" aria-labelledby="h-changes"><h2 id="h-changes">Changed lately</h2>${
    changes.length === 0
      ? html`<p class="sub">Nothing in the last two days.</p>`
      : changes
          .toReversed()
          .slice(0, 20)
          .map(
            ({ atMs: at, lines }) =>
              html`<h3>${stampWords(at, atMs, server.timeZone)}</h3><pre tabindex="0">${lines.slice(0, 100).map(
                (line) => html`${line}
`,
              )}</pre>`,
          )
  }</section>`;
