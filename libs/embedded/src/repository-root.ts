import { fileURLToPath } from 'node:url';

/** The checkout this library lies in; both src/ and dist/ are three folders below it. */
export const repositoryRoot = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '');
