import { type Ask, powershell } from './ask.ts';

/**
 * Whether Linux's network costs by the byte, as NetworkManager knows or guesses it. Asked is the property over the system bus; where
 * there is no busctl, nmcli for each device. Without NetworkManager nothing is known, and so nothing is metered.
 */
export const linuxMetered = async (ask: Ask): Promise<boolean> => {
  const answer = await ask([
    'busctl',
    ...['get-property', 'org.freedesktop.NetworkManager', '/org/freedesktop/NetworkManager'],
    ...['org.freedesktop.NetworkManager', 'Metered'],
  ]);
  if (answer !== null) return meteredValues.has(answer.trim());
  const devices = await ask(['nmcli', '-t', '-f', 'GENERAL.STATE,GENERAL.METERED', 'device', 'show']);
  return devices !== null && nmcliMetered(devices);
};

/** NMMetered: 1 is yes, 3 is yes by guessing. https://networkmanager.dev/docs/api/latest/nm-dbus-types.html#NMMetered */
const meteredValues: ReadonlySet<string> = new Set(['u 1', 'u 3']);

/** Metered where every connected device that says anything says yes: with a cable beside a hotspot the cable is what is used. */
const nmcliMetered = (text: string): boolean => {
  const answers = text.split(/\n\s*\n/).flatMap((device) => {
    if (!/^GENERAL\.STATE:100\b/m.test(device)) return [];
    const answer = /^GENERAL\.METERED:(yes|no)\b/m.exec(device)?.[1];
    return answer === undefined ? [] : [answer];
  });
  return answers.length > 0 && answers.every((answer) => answer === 'yes');
};

/** Windows: the cost of the connection that leads to the internet. `Unrestricted`, `Unknown` and no answer are free. */
export const windowsMetered = async (ask: Ask): Promise<boolean> =>
  ['Fixed', 'Variable'].includes(((await ask(powershell(costType))) ?? '').trim());

const costType = [
  '$type = [Windows.Networking.Connectivity.NetworkInformation,Windows.Networking.Connectivity,ContentType=WindowsRuntime]',
  '$profile = $type::GetInternetConnectionProfile()',
  'if ($profile) { "$($profile.GetConnectionCost().NetworkCostType)" }',
].join('; ');
