/** What a phone runs: it decides what there is that nobody wants to keep. */
export const phoneSystems = ['android', 'ios'] as const;
export type PhoneSystem = (typeof phoneSystems)[number];

/**
 * The ignore patterns to paste on a phone, with a word for each. Syncthing never passes them on, so they count on the phone alone.
 * They leave out only what can be had again or what no program may read; what is ignored is in no mirror and no snapshot.
 * https://docs.syncthing.net/users/ignoring.html
 */
export const ignoreTemplate = (system: PhoneSystem): string => `${templates[system].join('\n')}\n`;

/** Of both: what a file's end says that it is not there yet. */
const unfinished = [
  '// Downloads that are not done yet.',
  ...['*.crdownload', '*.part'],
  '',
  '// What other computers leave behind.',
  ...['(?d).DS_Store', '(?d)Thumbs.db'],
] as const;

const android = [
  '// What an Android phone does not send. Paste it ON THE PHONE, not on the NAS:',
  '// Syncthing app > the folder > "Ignore patterns". Do it before the first sync, and again for a memory card.',
  '// A line that begins with // is a comment. (?d): may be deleted where it would keep a folder from being deleted.',
  '// Never move photos into what is ignored here: they would be backed up no more.',
  '',
  "// Folders of apps that no other app may read, since Android 11. /Android/media stays: WhatsApp's photos are there.",
  ...['/Android/data', '/Android/obb'],
  '',
  '// What WhatsApp keeps for a while only: the pictures of statuses, and what it hands to other apps.',
  ...['/Android/media/**/.Statuses', '/Android/media/**/.Shared'],
  '',
  '// The bin: what you delete in the gallery is renamed to .trashed-…, and must not come back as another file.',
  ...['.trashed-*', '/.Trash*'],
  '',
  '// Photos and downloads that are still being written.',
  '.pending-*',
  '',
  '// Small pictures that the gallery makes again.',
  ...['(?d).thumbnails', '(?d).thumbdata*', '(?d).cache'],
  '',
  ...unfinished,
] as const;

const ios = [
  '// What an iPhone or iPad does not send. Paste it ON THE PHONE, not on the NAS:',
  '// Möbius Sync or Synctrain > the folder > "Ignore patterns". Do it before the first sync.',
  '// A line that begins with // is a comment. (?d): may be deleted where it would keep a folder from being deleted.',
  '// An app sees only its own folder and those of "Files" that you give it; photos come there by another app.',
  '',
  '// The bin of "Files".',
  '.Trash',
  '',
  '// Stands for a file that is only in iCloud: there is nothing in it.',
  '(?d).*.icloud',
  '',
  '// Files that are still being written.',
  '.pending-*',
  '',
  ...unfinished,
] as const;

const templates: Readonly<Record<PhoneSystem, readonly string[]>> = { android, ios };
