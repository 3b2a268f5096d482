import { type Finding, problemOf } from '@berth/common/yaml/finding.ts';
import { loadYaml } from '@berth/common/yaml/load.ts';
import { readConfigFile } from '@berth/common/yaml/read-file.ts';
import { minimalExample } from './example.ts';
import { type AgentConfig, agentSchema } from './schema.ts';

/**
 * Reads agent.yaml. Throws a Problem: 'config-missing', 'config-unreadable' or 'config-not-a-file' when there is no text
 * to read, 'invalid-config' with every finding's file, line, column and remedy when it is wrong.
 */
export const loadConfig = async (file: string): Promise<AgentConfig> => {
  const read = await readConfigFile(file);
  if (!read.ok) throw read.problem;
  const parsed = parseConfig(file, read.content);
  if (parsed.ok) return parsed.config;
  throw problemOf(parsed.findings);
};

/** The same for text at hand; `file` is what findings call it. Never throws. */
export const parseConfig = (
  file: string,
  content: string | Uint8Array,
):
  | { readonly ok: true; readonly config: AgentConfig }
  | { readonly ok: false; readonly findings: readonly [Finding, ...Finding[]] } => {
  const loaded = loadYaml({ file, content, schema: agentSchema, example: minimalExample });
  return loaded.ok ? { ok: true, config: loaded.value } : { ok: false, findings: loaded.findings };
};
