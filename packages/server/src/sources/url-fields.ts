import { z } from 'zod';
import type { UrlFrom } from './people.ts';
import { secretFile } from './secret-file.ts';
import { exampleUrls, parseServiceUrl, type Service } from './service-url.ts';

/** Where a service is, as it may be written: in the clear, or in a file where it is a secret. */
export const urlFields = (service: Service) => ({
  url: z
    .string()
    .optional()
    .meta({ example: `url: ${exampleUrls[service]}` }),
  url_file: secretFile('url_file', `${service}-url`).optional(),
});

export const allowPrivate = z.boolean().optional().meta({ example: 'allow_private: true' });

/** What may be written of it. */
export interface WrittenUrl {
  readonly url?: string | undefined;
  readonly url_file?: string | undefined;
  readonly allow_private?: boolean | undefined;
}

/** Exactly one of `url` and `url_file`, and a URL that is one of `service`; says at the right one of the two what is wrong. */
export const urlFrom = (service: Service, written: WrittenUrl, context: Context): UrlFrom => {
  const { url, url_file: urlFile, allow_private: isPrivateAllowed = false } = written;
  if (url !== undefined && urlFile !== undefined) {
    say(context, 'url_file', 'url-and-url-file', 'url and url_file exclude each other', 'Keep one of the two.');
  } else if (url !== undefined) {
    const parsed = parseServiceUrl(url, service, isPrivateAllowed);
    if (parsed.ok) return { url: parsed.value };
    say(context, 'url', parsed.code, parsed.message, parsed.remedy);
  } else if (urlFile !== undefined) {
    return { urlFile };
  } else {
    say(
      context,
      'url',
      'missing',
      'it is not said where to',
      `Add url: ${exampleUrls[service]}, or url_file: the name of a file that holds it.`,
    );
  }
  return { url: '' };
};

/** What a zod transform is given to say what is wrong. */
export interface Context {
  readonly issues: z.core.$ZodRawIssue[];
}

/** Says what is wrong with one key of the map that is being read. */
export const say = (context: Context, key: string, code: string, message: string, remedy: string): void => {
  context.issues.push({ code: 'custom', path: [key], message, input: undefined, params: { code, remedy } });
};
