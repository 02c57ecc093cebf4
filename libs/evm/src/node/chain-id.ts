import { AppError } from '@touchstone/contracts';

/** Chain id of a CAIP-2 name such as `eip155:8453`. @throws AppError `config-invalid` */
export function evmChainId(network: string): number {
  const match = /^eip155:([1-9][0-9]{0,14})$/.exec(network);
  if (match === null) throw new AppError('config-invalid', `${network} is no EVM chain in CAIP-2 form.`);
  return Number(match[1]);
}
