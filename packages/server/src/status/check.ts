import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import type { Finding } from '@berth/common/yaml/finding.ts';
import { findingsOnHost } from '../accounts/apply.ts';
import type { AccountFinding } from '../accounts/finding.ts';
import type { Mode } from '../accounts/layout.ts';
import { type PhoneFinding, phoneFindings } from '../ingest/check-findings.ts';
import { type SecretFinding, secretFindings } from '../monitor/secret-findings.ts';
import { describeDiff } from '../sources/describe-diff.ts';
import { diffConfigs } from '../sources/diff.ts';
import { readAccounts } from '../sources/host-accounts.ts';
import { loadSources, parseSources } from '../sources/load.ts';
import type { ServerConfig } from '../sources/source.ts';
import { type UnfinishedFinding, unfinishedFindings } from '../sources/unfinished.ts';
import { findProgram } from '../supervisor/phones/world.ts';
import { appliedFile } from '../supervisor/state.ts';

/** What `check` says about a sources.yaml, before it is in force. */
export interface CheckResult {
  /** Why the file would be refused; empty when it would not. */
  readonly findings: readonly (Finding | AccountFinding | UnfinishedFinding)[];
  readonly warnings: readonly (Finding | SecretFinding | PhoneFinding)[];
  /** What the server would go on without, because the file of a secret can not be used. */
  readonly silent: readonly (SecretFinding | PhoneFinding)[];
  /** What would change against what was last put in force, one effect a line. */
  readonly changes: readonly string[];
  readonly sources: number;
}

/** Reads the file as the server would, compares it with the disk and with what is in force, and changes nothing. */
export const check = async (args: {
  readonly configFile: string;
  readonly dataDir: string;
  readonly mode: Mode;
}): Promise<CheckResult> => {
  const { configFile, dataDir, mode } = args;
  const loaded = await loadSources(configFile);
  if (loaded.kind === 'unreadable') throw loaded.problem;
  if (loaded.kind === 'invalid')
    return { findings: loaded.findings, warnings: [], silent: [], changes: [], sources: 0 };
  const { config } = loaded;
  const inForce = await configInForce(dataDir);
  const changes = describeDiff(diffConfigs(inForce, config));
  const secrets = secretFindings(config, { folder: dirname(configFile), hostName: hostname() });
  const phones = phoneFindings(config, { mode, configDir: dirname(configFile), restic: findProgram('restic') });
  const warnings = mode === 'rootless' ? loaded.warnings : await hostWarnings(configFile, config);
  return {
    findings: [
      ...unfinishedFindings(configFile, inForce.sources, config),
      ...findingsOnHost({ mode, dataDir, configDir: dirname(configFile) }, config.sources),
    ],
    warnings: [...warnings, ...secrets.warnings, ...phones.warnings],
    silent: [...secrets.errors, ...phones.errors],
    changes,
    sources: config.sources.length,
  };
};

/**
 * UIDs that this host knows as somebody else's. A system account that shares only its name with a source is left out:
 * in the receiver's own account file it gives way (accounts/passwd.ts), so a machine may be called `mail` or
 * `backup`.
 */
const hostWarnings = async (file: string, { sources }: ServerConfig): Promise<readonly Finding[]> => {
  const host = readAccounts(await readFile('/etc/passwd', 'utf8'), []);
  const names = new Set<string>(sources.map(({ name }) => name.toLowerCase()));
  const uids = new Map([...host.uids].filter(([name]) => !names.has(name.toLowerCase())));
  const loaded = await loadSources(file, { uids, ours: new Set() });
  return loaded.kind === 'ok' ? loaded.warnings : [];
};

/** Nothing is in force where no server ever ran. */
const configInForce = async (dataDir: string): Promise<ServerConfig> => {
  const nothing = parseSources({ file: 'nothing', content: 'sources: {}\n' });
  const loaded = await loadSources(appliedFile(dataDir));
  const known = loaded.kind === 'ok' ? loaded : nothing;
  if (known.kind !== 'ok') throw new Error('An empty list of sources is valid.');
  return known.config;
};
