/** Most public signals of a key. */
export const SIGNALS_MAX = 4096;
