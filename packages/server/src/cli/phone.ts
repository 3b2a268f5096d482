import type { Command } from 'commander';
import type { Shared } from './command.ts';
import { addPhoneBackupCommand } from './phone-backup.ts';
import { addPhoneCheckOffCommand } from './phone-check-off.ts';
import { addPhoneDumpCommand } from './phone-dump.ts';
import { addPhoneIgnoreTemplateCommand } from './phone-ignore-template.ts';
import { addPhoneLsCommand } from './phone-ls.ts';
import { addPhoneMirrorCommand } from './phone-mirror.ts';
import { addPhoneRestoreCommand } from './phone-restore.ts';
import { addPhoneSnapshotsCommand } from './phone-snapshots.ts';
import { addPhoneStatusCommand } from './phone-status.ts';

/** Adds `phone` and its commands, a file each: what is done with the phones of sources.yaml. */
export const addPhoneCommands = (program: Command, shared: Shared): void => {
  const phone = program
    .command('phone')
    .description('look after the phones of sources.yaml: how they are, what may be deleted on them, what comes back')
    .helpCommand(false)
    .addHelpText(
      'after',
      shared.examples(
        'berth-server phone status',
        'berth-server phone check-off lisa-phone --older 30d',
        'berth-server phone ignore-template android',
      ),
    );
  addPhoneStatusCommand(phone, shared);
  addPhoneIgnoreTemplateCommand(phone, shared);
  addPhoneMirrorCommand(phone, shared);
  addPhoneBackupCommand(phone, shared);
  addPhoneCheckOffCommand(phone, shared);
  addPhoneSnapshotsCommand(phone, shared);
  addPhoneLsCommand(phone, shared);
  addPhoneRestoreCommand(phone, shared);
  addPhoneDumpCommand(phone, shared);
  for (const command of phone.commands)
    command.showHelpAfterError(`(berth-server phone ${command.name()} --help shows what it takes)`);
};
