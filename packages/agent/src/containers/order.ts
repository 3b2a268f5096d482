import type { Container } from './containers.ts';

/**
 * The order in which containers start: each after those it needs (`depends_on` within its compose project, a shared network), otherwise by
 * name. What needs itself in a circle comes by name, as if it needed nothing of the circle. They stop the other way round.
 */
export const startOrder = (containers: readonly Container[]): readonly Container[] => {
  const left = new Set(containers.toSorted(byName));
  const ordered: Container[] = [];
  while (left.size > 0) {
    const ready = [...left].filter((container) => !needsOf(container, [...left]).length);
    // A circle: its first by name breaks it.
    const next = ready.length > 0 ? ready : [...left].slice(0, 1);
    for (const container of next) {
      ordered.push(container);
      left.delete(container);
    }
  }
  return ordered;
};

/** Dependents first. */
export const stopOrder = (containers: readonly Container[]): readonly Container[] =>
  startOrder(containers).toReversed();

/** Those of `others` that a container needs, and whether it needs them healthy. */
export const needsOf = (
  container: Container,
  others: readonly Container[],
): readonly { readonly container: Container; readonly healthy: boolean }[] =>
  others.flatMap((other) => {
    if (other.id === container.id) return [];
    if (container.joins.some((joined) => joined === other.id || joined === other.name)) {
      return [{ container: other, healthy: false }];
    }
    if (container.compose === null || other.compose?.project !== container.compose.project) return [];
    const { service } = other.compose;
    const need = container.compose.dependsOn.find((dependency) => dependency.service === service);
    return need === undefined ? [] : [{ container: other, healthy: need.healthy }];
  });

const byName = (one: Container, other: Container): number =>
  one.name < other.name ? -1 : one.name > other.name ? 1 : 0;
