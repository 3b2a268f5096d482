import { describe, expect, test } from 'vitest';
import { parseRunbook } from './helpers/runbook-page.ts';

describe('the convention that runbooks keep to', () => {
  const page = `# A page

## Words to replace
- \`SOURCE\`: its name

## Do this
**On the server**, look first:

\`\`\`sh
berth-server status SOURCE
\`\`\`

\`\`\`text
source SOURCE
(exit code 3)
\`\`\`

Pull the plug. <!-- by hand: pull-the-plug -->
`;

  test('a page is read as blocks, what they show, what is done by hand, and words to replace', () => {
    expect(parseRunbook(page)).toEqual({
      words: ['SOURCE'],
      parts: [
        {
          ...{ kind: 'block', where: 'server', script: 'berth-server status SOURCE', line: 9 },
          ...{ expected: 'source SOURCE', exitCode: 3 },
        },
        { kind: 'by hand', name: 'pull-the-plug' },
      ],
    });
  });

  test('a block is refused whose reader would have to guess where to type it', () => {
    expect(() => parseRunbook(page.replace('**On the server**, look', 'Look'))).toThrow('line 9');
    expect(() => parseRunbook(`${page}\nThen:\n\n\`\`\`sh\nls\n\`\`\`\n`)).toThrow('On the machine');
    expect(() => parseRunbook(page.replace('```sh', '   ```sh'))).toThrow('can not be read');
  });
});
