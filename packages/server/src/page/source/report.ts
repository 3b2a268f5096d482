import type { Report, ReportStep } from '@berth/common/report.ts';
import type { RunOutline } from '../../coordinator/reports/outline.ts';
import { forHowLong } from '../../status/age.ts';
import { agoWords } from '../../status/when.ts';
import { remedyWords } from '../fleet/needs.ts';
import type { Reader } from '../fleet/row.ts';
import { html, type Markup } from '../parts/markup.ts';
import { icon } from '../parts/tone.ts';
import { stampWords } from '../parts/words.ts';
import { dumpsPiece } from './databases.ts';
import { outcomeLook } from './runs.ts';

/** One run in full: what happened, what to do, and each step that said something, in restic's, ssh's or a hook's own words. */
export const reportView = (run: RunOutline, report: Report | null, reader: Reader): Markup => {
  const look = outcomeLook[run.outcome];
  const message = report?.message ?? run.message;
  const steps = (report?.steps ?? []).filter((step) => isTold(step));
  return html`<section class="card" id="report" aria-labelledby="h-report"><h2 id="h-report">${icon(look.icon, look.tone)}The run of ${stampWords(run.endedAtMs, reader.nowMs, reader.timeZone)} <span class="${look.tone}">${look.word}</span></h2>
<p class="sub">${agoWords(run.endedAtMs, reader.nowMs)}, took ${forHowLong(run.durationMs)}${run.attempts > 1 ? `, ${run.attempts} tries` : ''}${run.reason === null ? '' : `, ${run.reason}`}</p>${
    message === null ? null : html`<p>${message}</p>`
  }${report?.remedy == null ? null : html`<p class="do">${remedyWords(report.remedy)}</p>`}${
    run.dumps === null ? null : html`<p id="databases">${dumpsPiece(run.dumps)}</p>`
  }${
    report === null
      ? html`<p class="sub">Its whole report is no longer kept.</p>`
      : html`${lines('warnings', 'Warnings', report.warnings)}${steps.slice(0, mostSteps).map(stepView)}${
          steps.length > mostSteps || report.stepsLeftOut > 0
            ? html`<p class="sub">${Math.max(0, steps.length - mostSteps) + report.stepsLeftOut} more steps are left out.</p>`
            : null
        }`
  }</section>`;
};

/** A report may hold 60 steps of 80 lines; a person reads the first. */
const mostSteps = 20;

const isTold = ({ outcome, words, warnings }: ReportStep): boolean =>
  outcome !== 'ok' || warnings.length > 0 || words.length > 0;

const stepView = (step: ReportStep, index: number): Markup => {
  const { name, subject, attempt, outcome, reason, words, warnings } = step;
  const look = outcomeLook[outcome];
  const ms = Math.max(0, Date.parse(step.endedAt) - Date.parse(step.startedAt));
  return html`<details class="step" id="step-${index}"${outcome === 'failed' ? html` open` : null}><summary>${icon(look.icon, look.tone)}<b>${name}</b>${subject === null ? null : html` ${subject.slice(0, 80)}`} ${look.word}<small>${attempt > 1 ? ` try ${attempt},` : ''} ${forHowLong(ms)}${reason === null ? '' : `, ${reason}`}</small></summary>${said([...words, ...warnings])}</details>`;
};

const lines = (id: string, title: string, all: readonly string[]): Markup | null =>
  all.length === 0
    ? null
    : html`<details class="step" id="${id}"><summary><b>${title}</b> <small>${all.length}</small></summary>${said(all)}</details>`;

const said = (all: readonly string[]): Markup =>
  all.length === 0
    ? html`<p class="sub">It said nothing.</p>`
    : html`<pre tabindex="0">${all.map(
        (line) => html`${line}
`,
      )}</pre>`;
