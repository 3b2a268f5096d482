/** What `text` says in JSON, or null when it is not JSON. For files and lines that may be torn. */
export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** True when `value` is a JSON object, so that its keys can be looked at one by one. */
export const isJsonObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
