import { join } from 'node:path';
import { mark, nameOf, offsetSeconds, type Place, type Plan } from './plan.ts';
import { wakeCommand } from './program.ts';
import { xmlText } from './xml.ts';

/** A task for Windows' Task Scheduler, of the person who installs it, with all rights this person may have. */
export const taskPlan = (place: Place): Plan => {
  const name = nameOf(place.program.home);
  const path = join(place.state, `${name}.xml`);
  return {
    ...{ system: 'task-scheduler', scope: 'user', name },
    files: [{ path, content: taskXml(place), encoding: 'utf-16le' }],
    check: null,
    enable: [{ argv: ['schtasks', '/Create', '/TN', name, '/XML', path, '/F'] }],
    traces: [],
    disable: [{ argv: ['schtasks', '/Delete', '/TN', name, '/F'] }],
    forget: [],
    notes: [
      `How it is: schtasks /Query /TN ${name} /V /FO LIST`,
      'It wakes whether you are logged in or not. Installing it needs a prompt that was opened as administrator.',
    ],
  };
};

/**
 * In the order that the schema of [MS-TSCH] 2.5 documents. S4U runs it without a stored password and without a console window that would
 * open every 15 minutes. Battery and network are agent.yaml's to decide (`skip`), so Windows' own conditions are off.
 */
const taskXml = (place: Place): string => {
  const offset = offsetSeconds(place);
  const two = (number: number): string => `${number}`.padStart(2, '0');
  const [command, ...words] = wakeCommand(place.program);
  return `<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.3" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo>
    <Description>berth: looks every 15 minutes whether a backup is due. ${xmlText(mark)}</Description>
  </RegistrationInfo>
  <Triggers>
    <TimeTrigger>
      <StartBoundary>2026-01-01T00:${two(Math.floor(offset / 60))}:${two(offset % 60)}</StartBoundary>
      <Repetition>
        <Interval>PT15M</Interval>
      </Repetition>
    </TimeTrigger>
    <BootTrigger>
      <Delay>PT1M</Delay>
    </BootTrigger>
  </Triggers>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <StartWhenAvailable>true</StartWhenAvailable>
    <RunOnlyIfNetworkAvailable>false</RunOnlyIfNetworkAvailable>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <Priority>7</Priority>
  </Settings>
  <Principals>
    <Principal id="Author">
      <UserId>${xmlText(place.user)}</UserId>
      <LogonType>S4U</LogonType>
      <RunLevel>HighestAvailable</RunLevel>
    </Principal>
  </Principals>
  <Actions Context="Author">
    <Exec>
      <Command>${xmlText(command)}</Command>
      <Arguments>${xmlText(words.map(windowsWord).join(' '))}</Arguments>
    </Exec>
  </Actions>
</Task>
`;
};

/** A word as CommandLineToArgvW reads it back: backslashes are doubled only before a quotation mark, and paths hold none. */
const windowsWord = (word: string): string => (/[ \t]/.test(word) ? `"${word.replace(/\\+$/, '$&$&')}"` : word);
