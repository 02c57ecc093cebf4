/** Largest time that a `Date` can hold, in milliseconds (ECMA-262, section 21.4.1.1). */
export const DATE_MS_MAX = 8.64e15;
