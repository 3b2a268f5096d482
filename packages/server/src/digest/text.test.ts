import { describe, expect, it } from 'vitest';
import { examplePhone, exampleSource } from '../monitor/testing.ts';
import { decideDigest } from './decide.ts';
import { limitLevels } from './limits.ts';
import { exampleFacts } from './testing.ts';
import { textDigest } from './text.ts';

const [limits] = limitLevels;
if (limits === undefined) throw new Error('no limits');

const textOf = (...facts: Parameters<typeof exampleFacts>): string =>
  textDigest(decideDigest(exampleFacts(...facts), limits));

describe('the plain part', () => {
  it('begins with whether anything needs doing, and goes on with what', () => {
    const sources = [exampleSource('laptop', 'overdue'), exampleSource('desktop')];
    expect(textOf({ sources }).split('\n').slice(0, 17)).toEqual([
      '\u00d7 1 THING NEEDS DOING NOW',
      '2 sources: 1 fine, 1 overdue',
      '',
      'berth on example-nas, Saturday, 21 November 2026, 07:00',
      'https://berth.example.org/',
      '',
      'WHAT TO DO',
      '----------',
      '1. \u00d7 NOW: laptop is overdue',
      '   No backup for 5d; it should be one every day.',
      '   Since Wed 07:00, 3 d ago.',
      '   Do: See that the machine is on and reaches the server, then type there:',
      '         berth doctor',
      '',
      'SOURCES',
      '-------',
      expect.stringMatching(/^\u00d7 laptop: OVERDUE +=========\.\.\.\.\.$/),
    ]);
  });

  it('fits a terminal of 80 columns', () => {
    for (const line of textOf().split('\n')) expect(line.length).toBeLessThanOrEqual(78);
  });

  it('breaks no name and no command', () => {
    const name = `a${'-very-long'.repeat(9)}`.slice(0, 79);
    expect(textOf({ sources: [exampleSource(name, 'unreadable')] })).toContain(
      `\n         berth-server fsck ${name}\n`,
    );
  });

  it("tells of a phone's day in a line, and says nothing of the kind of a machine", () => {
    const phone = exampleSource('lisa-phone', 'fine', undefined, examplePhone('lisa-phone'));
    const text = textOf({ sources: [phone, exampleSource('laptop')] });
    expect(text.replace(/\s+/g, ' ')).toContain(
      'Phone 14 photos came, 3 were edited (older versions kept), 40 deleted on the phone stay in the mirror (100,342 files, 412 GiB). Syncthing saw the phone 2 h ago',
    );
    expect(text.match(/^ {2}Phone /gm)).toHaveLength(1);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(78);
  });

  it('sends nobody to a phone to type commands', () => {
    const phone = exampleSource('lisa-phone', 'overdue', undefined, examplePhone('lisa-phone'));
    const text = textOf({ sources: [phone], conditions: [] });
    expect(text).toContain('   Do: See what keeps it:\n         berth-server phone status lisa-phone\n');
  });

  it('says when nothing happened and nothing changed', () => {
    const text = textOf({ sources: [exampleSource('laptop')] }, { events: [], changes: [] });
    expect(text).toMatch(/WHAT HAPPENED since Fri 07:00\n-+\nNothing out of the ordinary\.\n/);
    expect(text).toMatch(/WHAT CHANGED IN sources\.yaml since Fri 07:00\n-+\nNothing\.\n/);
    expect(text.startsWith('\u2713 NOTHING NEEDS DOING\n')).toBe(true);
  });
});
