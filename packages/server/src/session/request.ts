/** What a client may ask of a session: exactly these words, as they arrive in `SSH_ORIGINAL_COMMAND`. */
const services = ['receive', 'control'] as const;
export type Service = (typeof services)[number];

/** The service that `command` names by exact match, or null; no command at all is a wish for a shell. */
export const parseService = (command: string | undefined): Service | null =>
  services.find((service) => service === command) ?? null;

/** The line for whoever asked for anything else. It repeats nothing of what was asked. */
export const refusal = (source: string): string =>
  `berth: ${source} can back up and restore here and nothing else; on that machine, type "berth --help"`;
