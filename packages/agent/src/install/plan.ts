import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Program, System } from './program.ts';

/** In each file that `berth install` writes; one without it is somebody else's, and is neither overwritten nor removed. */
export const mark = 'Made by "berth install"; "berth uninstall" removes it.';

/** A file of a plan. Task Scheduler wants UTF-16 with a byte order mark. */
export interface PlannedFile {
  readonly path: string;
  readonly content: string;
  readonly encoding: 'utf-8' | 'utf-16le';
}

/** A command of a plan. */
export interface PlannedCommand {
  readonly argv: readonly [string, ...string[]];
  /** What it should bring about may be so already. */
  readonly mayFail?: true;
  /** What goes before it takes a moment to be done with: it is tried again for a few seconds. */
  readonly again?: true;
}

/** What installing does, and what undoes it, in this order. Pure data: it can be shown, and it can be done. */
export interface Plan {
  readonly system: System;
  /** For the whole machine or for one person. */
  readonly scope: 'system' | 'user';
  /** What the operating system knows it by. */
  readonly name: string;
  readonly files: readonly PlannedFile[];
  /** What has to work before anything is written, and what to do where it does not. */
  readonly check: { readonly argv: readonly [string, ...string[]]; readonly remedy: string } | null;
  /** After the files are written. */
  readonly enable: readonly PlannedCommand[];
  /** What the system writes down itself about what is installed; removed with the files. */
  readonly traces: readonly string[];
  /** Before the files are removed. */
  readonly disable: readonly PlannedCommand[];
  /** After they are. */
  readonly forget: readonly PlannedCommand[];
  /** Sentences worth knowing afterwards. */
  readonly notes: readonly string[];
}

/** For whom and where a plan is made. */
export interface Place {
  readonly program: Program;
  /** 0 is root's, for the whole machine. */
  readonly uid: number;
  /** The person's login name. */
  readonly user: string;
  /** The person's home directory, and those of their configuration and data: the XDG Base Directory Specification's. */
  readonly personal: string;
  readonly configuration: string;
  readonly data: string;
  /** The state folder of berth's home. */
  readonly state: string;
  /** This machine's name: machines wake at different minutes. */
  readonly host: string;
}

/** `berth-agent`; a home named with --home gets a name of its own, so that two agents can live on one machine. */
export const nameOf = (home: string | null): string => {
  if (home === null) return 'berth-agent';
  const word = basename(home)
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 20);
  return `berth-agent-${word === '' ? '' : `${word}-`}${hash(home).toString(16).padStart(8, '0')}`;
};

/** Where in its 15 minutes a machine wakes, in seconds: always the same, and spread over a fleet. */
export const offsetSeconds = ({ host, program }: Place): number => hash(`${host}\0${program.home ?? ''}`) % 900;

const hash = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0);
