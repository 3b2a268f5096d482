import { styleText } from 'node:util';

/** Colours for a terminal that wants them: `styleText` looks at the stream and at NO_COLOR itself. */
export const paint = (format: 'green' | 'red' | 'yellow' | 'bold', text: string): string =>
  styleText(format, text, { stream: process.stdout });
