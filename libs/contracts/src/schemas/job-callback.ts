import { z } from 'zod';

/** Most characters of the address of a webhook. */
export const CALLBACK_URL_CHARACTERS_MAX = 2_048;

/** Where a job is posted to. Whether the address may be called is judged where it is called, too. */
export const jobCallback = z.strictObject({
  url: z
    .string()
    .max(CALLBACK_URL_CHARACTERS_MAX)
    .regex(/^https?:\/\/[^\s#]+$/i, 'expected an https:// URL without user and fragment'),
});
