import { needTheMachine, registry } from '../experiments/registry.ts';
import { expectToHold } from './helpers/holds.ts';

expectToHold(registry.filter(({ id }) => needTheMachine.includes(id)));
