import { Argument, type Command } from 'commander';
import { ignoreTemplate, type PhoneSystem, phoneSystems } from '../ingest/ignore-template.ts';
import { type Shared, say } from './command.ts';

/** Adds `phone ignore-template`: what a phone had better not send. */
export const addPhoneIgnoreTemplateCommand = (phone: Command, { examples }: Shared): void => {
  phone
    .command('ignore-template')
    .description("print Syncthing's ignore patterns for a phone, to be pasted on the phone")
    .addArgument(new Argument('<system>', 'what the phone runs').choices(phoneSystems))
    .addHelpText(
      'after',
      examples('berth-server phone ignore-template android', 'berth-server phone ignore-template ios > patterns.txt'),
    )
    .action((system: PhoneSystem) => say(ignoreTemplate(system)));
};
