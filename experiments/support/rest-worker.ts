import { z } from 'zod';
import { handle } from '../../packages/server/src/rest/handle.ts';
import { testStore } from '../../packages/server/src/store/testing.ts';
import { seededRandom } from '../../test/helpers/random.ts';
import { cage } from './cage.ts';
import { judge } from './rest-judge.ts';
import { asRequest, type Generated, generate } from './rest-requests.ts';

/**
 * `rest-worker.ts JSON`: one process of experiment 9. Prints a line of JSON after each round: how many requests it has
 * answered since the last one, by status, and what was wrong. It ends with the parent that started it.
 */
const args = z
  .object({ seed: z.number(), count: z.number(), parent: z.string() })
  .parse(JSON.parse(process.argv[2] ?? ''));

/** Each round has a source of its own, so that journal and trash stay as small as a source's are. */
const roundSize = 50_000;
/** Requests under way at once, as a client of HTTP/2 sends them. */
const lanes = 24;

const random = seededRandom(args.seed);

const playRound = async (count: number) => {
  await using place = await cage(args.parent);
  const wrong: string[] = [];
  const statuses: Record<string, number> = {};
  {
    await using store = await testStore(place.directory, { disk: place.disk });
    let left = count;
    const lane = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        const request = generate(random);
        try {
          const response = await handle(store, asRequest(request));
          statuses[response.status] = (statuses[response.status] ?? 0) + 1;
          const words = await judge(request, response);
          if (words !== null) wrong.push(`${words}: ${shown(request)}`);
        } catch (error) {
          wrong.push(`${error instanceof Error ? error.stack : String(error)}: ${shown(request)}`);
        }
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
  }
  wrong.push(...(await place.escapes()));
  return { answered: count, statuses, wrong };
};

const shown = ({ body, ...rest }: Generated): string => {
  const hex = Buffer.concat(body.chunks).toString('hex');
  return JSON.stringify({ ...rest, body: hex.slice(0, 200), bytes: hex.length / 2, cut: body.cut });
};

for (let done = 0; done < args.count; done += roundSize) {
  process.stdout.write(`${JSON.stringify(await playRound(Math.min(roundSize, args.count - done)))}\n`);
}
