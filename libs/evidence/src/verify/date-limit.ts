/** Largest time that a `Date` can hold, in milliseconds (ECMA-262, section 21.4.1.1). */
export const DATE_MS_MAX = 8.64e15;

/** Latest time of a source in Unix seconds: a minute, the uncertainty, before the last `Date`. */
export const TIME_SECONDS_MAX = BigInt(DATE_MS_MAX / 1_000 - 60);
