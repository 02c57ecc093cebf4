import { AppError } from '@touchstone/contracts';

/** Insufficient storage (RFC 4918, section 11.5). */
const INSUFFICIENT_STORAGE = 507;

/** Codes of a system that has no room for a file. */
const NO_ROOM = new Set<unknown>(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** What to tell where a file could not be written: that the disk is full in words, anything else as it is. */
export function asDiskFull(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || !NO_ROOM.has(error.code)) return error;
  return new AppError(
    'dependency-unavailable',
    'The disk of this gateway has no room for the file; try again later.',
    { status: INSUFFICIENT_STORAGE, cause: error },
  );
}
