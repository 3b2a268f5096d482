/** From when until when, UTC milliseconds. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The spans in order, those that touch or overlap made one, the empty ones left out. */
export const merged = (spans: readonly Span[]): readonly Span[] => {
  const result: Span[] = [];
  for (const span of spans.toSorted((left, right) => left.fromMs - right.fromMs)) {
    if (span.toMs <= span.fromMs) continue;
    const last = result.at(-1);
    if (last === undefined || last.toMs < span.fromMs) result.push(span);
    else result[result.length - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, span.toMs) };
  }
  return result;
};

/** Where in `spans` the first is that ends after `atMs`; their number when there is none. */
const firstAfter = (spans: readonly Span[], atMs: number): number => {
  let [low, high] = [0, spans.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((spans[middle]?.toMs ?? 0) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
};

/** The span that holds `atMs`, or else the next one. */
export const spanAt = (spans: readonly Span[], atMs: number): Span | undefined => spans[firstAfter(spans, atMs)];

export const isAwake = (spans: readonly Span[], atMs: number): boolean =>
  (spanAt(spans, atMs)?.fromMs ?? Number.POSITIVE_INFINITY) <= atMs;

/** What of the spans lies between two moments, in pieces. */
export const within = (spans: readonly Span[], fromMs: number, toMs: number): readonly Span[] => {
  const pieces: Span[] = [];
  for (let index = firstAfter(spans, fromMs); index < spans.length; index += 1) {
    const span = spans[index];
    if (span === undefined || span.fromMs >= toMs || fromMs >= toMs) break;
    pieces.push({ fromMs: Math.max(span.fromMs, fromMs), toMs: Math.min(span.toMs, toMs) });
  }
  return pieces;
};

/** How long the spans are in total between two moments; 0 when the second is not the later. */
export const lengthWithin = (spans: readonly Span[], fromMs: number, toMs: number): number =>
  within(spans, fromMs, toMs).reduce((sum, piece) => sum + piece.toMs - piece.fromMs, 0);
