import { type Transport, transports } from './ways.ts';
import { type Sample, type Work, works } from './works.ts';

/** The middle of `values`, or the mean of the two in the middle; NaN of none. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(half) - 1], sorted[Math.floor(half)]];
  return (low + high) / 2;
};

/** The least of `values` that at least this `share` of them do not exceed; NaN of none. */
export const quantile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)] ?? Number.NaN;

/** The medians of all rounds, one row per work, round-trip time and transport. */
export const medians = (samples: readonly Sample[]): readonly Sample[] => {
  const groups = Map.groupBy(samples, ({ work, rttMs, transport }) => `${work} ${rttMs} ${transport}`);
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ ...first, seconds: round(median(group.map(({ seconds }) => seconds)), 3) }];
  });
};

export const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** The rows as a Markdown table, seconds of each transport beside each other. */
export const formatTable = (rows: readonly Sample[]): string => {
  const rtts = [...new Set(rows.map(({ rttMs }) => rttMs))].toSorted((a, b) => a - b);
  const used = transports.filter((transport) => rows.some((row) => row.transport === transport));
  const find = (work: Work, rttMs: number, transport: Transport): number | undefined =>
    // A local directory knows no distance.
    rows.find(
      (row) => row.work === work && row.transport === transport && (row.rttMs === rttMs || transport === 'local'),
    )?.seconds;
  const lines = rtts.flatMap((rttMs) =>
    works.map((work) => {
      const of = (transport: Transport) => find(work, rttMs, transport);
      const cells = used.map((transport) => of(transport)?.toFixed(2) ?? '');
      return `| ${rttMs} ms | ${work} | ${[...cells, ratio(of('sftp'), of('berth')), ratio(of('berth'), of('rest-server'))].join(' | ')} |`;
    }),
  );
  const head = ['RTT', 'work', ...used, 'sftp ÷ berth', 'berth ÷ rest-server'];
  return [
    `| ${head.join(' | ')} |`,
    `|${head.map((_, index) => (index < 2 ? '---|' : '--:|')).join('')}`,
    ...lines,
  ].join('\n');
};

const ratio = (above: number | undefined, below: number | undefined): string =>
  above === undefined || below === undefined ? '' : (above / below).toFixed(2);
