import type { z } from 'zod';
import { keySetQuery, signCheckpoint, signOutput, signTransaction } from '../rpc/signer.js';

// Over HTTP the signer takes and answers what it takes and answers over the mesh.

export const signOutputRequest = signOutput.request;
export type SignOutputRequest = z.infer<typeof signOutputRequest>;
export const signOutputAnswer = signOutput.response;
export type SignOutputAnswer = z.infer<typeof signOutputAnswer>;

export const signCheckpointRequest = signCheckpoint.request;
export type SignCheckpointRequest = z.infer<typeof signCheckpointRequest>;
export const signCheckpointAnswer = signCheckpoint.response;
export type SignCheckpointAnswer = z.infer<typeof signCheckpointAnswer>;

export const signTransactionRequest = signTransaction.request;
export type SignTransactionRequest = z.infer<typeof signTransactionRequest>;
export const signTransactionAnswer = signTransaction.response;
export type SignTransactionAnswer = z.infer<typeof signTransactionAnswer>;

/** The public keys with their states. */
export const keySetAnswer = keySetQuery.response;
export type KeySetAnswer = z.infer<typeof keySetAnswer>;
