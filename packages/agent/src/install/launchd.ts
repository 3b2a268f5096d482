import { posix } from 'node:path';
import { mark, nameOf, offsetSeconds, type Place, type Plan } from './plan.ts';
import { wakeCommand } from './program.ts';
import { xmlText } from './xml.ts';

/** A property list for launchd: root's daemon for the whole machine, everyone else's agent while they are logged in. */
export const launchdPlan = (place: Place): Plan => {
  const root = place.uid === 0;
  const name = nameOf(place.program.home);
  const folder = root ? '/Library/LaunchDaemons' : posix.join(place.personal, 'Library/LaunchAgents');
  const path = posix.join(folder, `${name}.plist`);
  const domain = root ? 'system' : `gui/${place.uid}`;
  return {
    ...{ system: 'launchd', scope: root ? 'system' : 'user', name },
    files: [{ path, content: propertyList(place, name), encoding: 'utf-8' }],
    check: null,
    enable: [
      // launchd loads a changed file only anew.
      { argv: ['launchctl', 'bootout', `${domain}/${name}`], mayFail: true },
      { argv: ['launchctl', 'enable', `${domain}/${name}`] },
      { argv: ['launchctl', 'bootstrap', domain, path], again: true },
    ],
    traces: [],
    disable: [{ argv: ['launchctl', 'bootout', `${domain}/${name}`], mayFail: true }],
    forget: [],
    notes: [
      `How it is: launchctl print ${domain}/${name}`,
      `macOS hides Documents, Desktop, Mail and more from programs: give ${place.program.node} Full Disk Access in System Settings, Privacy & Security.`,
      ...(root ? [] : ['It wakes only while you are logged in. As root it wakes always: sudo berth install']),
    ],
  };
};

/**
 * Wakes at four minutes of each hour. StartInterval says it shorter, but it lets a wake that the Mac slept through be lost, where
 * StartCalendarInterval makes up for it as soon as the lid is open: launchd.plist(5).
 */
const propertyList = (place: Place, name: string): string => {
  const first = Math.floor(offsetSeconds(place) / 60);
  const minutes = [0, 15, 30, 45].map(
    (quarter) => `    <dict><key>Minute</key><integer>${quarter + first}</integer></dict>\n`,
  );
  const words = wakeCommand(place.program).map((word) => `    <string>${xmlText(word)}</string>\n`);
  const variables = Object.entries(place.program.env).map(
    ([variable, value]) => `    <key>${xmlText(variable)}</key><string>${xmlText(value)}</string>\n`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- ${mark} -->
<plist version="1.0">
<dict>
  <key>Label</key><string>${xmlText(name)}</string>
  <key>ProgramArguments</key>
  <array>
${words.join('')}  </array>
  <key>EnvironmentVariables</key>
  <dict>
${variables.join('')}  </dict>
  <key>RunAtLoad</key><true/>
  <key>StartCalendarInterval</key>
  <array>
${minutes.join('')}  </array>
  <key>ProcessType</key><string>Background</string>
  <key>ExitTimeOut</key><integer>60</integer>
  <key>StandardErrorPath</key><string>${xmlText(posix.join(place.state, 'launchd.log'))}</string>
</dict>
</plist>
`;
};
