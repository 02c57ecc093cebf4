import { AppError } from '@touchstone/contracts';

/** Schema names stand in SQL text, where no parameter can; so only plain identifiers are taken. */
export function assertSchemaName(schema: string): void {
  if (!/^[a-z][a-z0-9_]{0,47}$/.test(schema))
    throw new AppError('config-invalid', `The schema name ${JSON.stringify(schema)} is no plain identifier.`);
}
