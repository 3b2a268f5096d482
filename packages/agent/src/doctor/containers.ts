import type { ContainersSettings } from '../containers/settings.ts';
import type { OpenWorld } from '../restore-db/world.ts';
import { type Finding, failed, fine, warning } from './finding.ts';

/** Does the engine of containers answer, do the names of agent.yaml mean any, and do all labels say something? */
export const checkContainers = (settings: ContainersSettings | null, opened: OpenWorld): readonly Finding[] => {
  const { world, containers, problems } = opened;
  if (world.containers === null) {
    return problems.map(({ message, remedy }) => failed('containers', message, remedy));
  }
  const running = containers.filter(({ state }) => state === 'running' || state === 'paused').length;
  const seen = fine(
    'containers',
    `${world.containers.where} answers: ${containers.length} containers, ${running} running`,
  );
  const missing = (settings?.stop ?? []).flatMap(({ name, compose }) => {
    const isThere = containers.some((one) => (name === null ? one.compose?.project === compose : one.name === name));
    if (isThere) return [];
    const what = name === null ? `of the project ${compose}` : `called ${name}`;
    return [
      warning('containers', `There is no container ${what}.`, 'Correct "stop:" in agent.yaml, or start it once.'),
    ];
  });
  return [seen, ...missing, ...problems.map(({ message, remedy }) => warning('labels', message, remedy))];
};
