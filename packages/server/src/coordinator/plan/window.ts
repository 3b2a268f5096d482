/** The hours in which a source may run, by the wall clock: minutes after local midnight. `from` after `to` goes over midnight. */
export interface Window {
  readonly from: number;
  readonly to: number;
}
