import { Controller, Get, Headers, Post, Res } from '@nestjs/common';
import { AppError, hex32, uuidV7 } from '@touchstone/contracts';
import {
  batchAnswer,
  batchQuery,
  proofClaim,
  proofVerdict,
  type BatchQuery,
  type ProofClaim,
  type ProofVerdictAnswer,
} from '@touchstone/contracts/http/proof-service';
import { hexToBytes } from '@touchstone/crypto';
import { ApiRoute, ZodBody, ZodParam, ZodQuery } from '@touchstone/platform/http';
import type { ServerResponse } from 'node:http';
import { BatchProofs, type BatchProof } from '../../domain/proof/batch-proofs.js';
import { encodeBinaryProof } from '../../domain/proof/binary-proof.js';
import { verifyProof } from '../../domain/proof/verify-proof.js';
import { presentBatch } from '../present-proof.js';

/** Largest claim: a path of 63 hashes with its sides is far below. */
export const PROOF_CLAIM_BYTES_MAX = 32_768;

const BINARY_MEDIA_TYPE = 'application/octet-stream';
const BINARY_HINT =
  'With Accept: application/octet-stream the path of the leaf alone is answered in binary form, of trees of rfc9162-sha256: "TSIP", 01, be64 leaf ' +
  'index, be64 tree size, leaf, root, one byte of count, and the hashes from leaf to root.';

const proofResponse = {
  description: 'Success.',
  schema: batchAnswer,
  otherMediaTypes: [BINARY_MEDIA_TYPE],
};

/** Proofs of batches and leaves (R-PROOF-1). */
@Controller('v1/proof')
export class ProofsController {
  constructor(private readonly proofs: BatchProofs) {}

  @Get('by-leaf/:leaf')
  @ApiRoute({
    summary: 'Gives the proof of a leaf, wherever it is.',
    public: true,
    description: BINARY_HINT,
    tags: ['proofs'],
    responses: { 200: proofResponse },
    errors: ['not-found', 'not-acceptable', 'validation-failed', 'dependency-unavailable'],
  })
  async byLeaf(
    @ZodParam('leaf', hex32) leaf: string,
    @Headers('accept') accept: string | undefined,
    @Res() response: ServerResponse,
  ): Promise<void> {
    answer(response, accept, await this.proofs.readByLeaf(bytesOf(leaf)));
  }

  @Get(':batchId')
  @ApiRoute({
    summary: 'Gives the proof of a batch, and of one of its leaves if the query names it.',
    public: true,
    description: `leaves=true lists the leaves in tree order, one page from offset on. ${BINARY_HINT}`,
    tags: ['proofs'],
    responses: { 200: proofResponse },
    errors: ['unknown-batch', 'not-found', 'not-acceptable', 'validation-failed', 'dependency-unavailable'],
  })
  async batch(
    @ZodParam('batchId', uuidV7) batchId: string,
    @ZodQuery(batchQuery) { leaf, leaves, offset, limit }: BatchQuery,
    @Headers('accept') accept: string | undefined,
    @Res() response: ServerResponse,
  ): Promise<void> {
    const question = {
      leaf: leaf === undefined ? undefined : bytesOf(leaf),
      page: leaves ? { offset, limit } : undefined,
    };
    answer(response, accept, await this.proofs.read(batchId, question));
  }

  @Post('verify')
  @ApiRoute({
    summary: 'Verifies the path of one leaf.',
    public: true,
    description:
      'A proof that does not hold is answered 200 with valid false; only a malformed one is an error.',
    tags: ['proofs'],
    response: proofVerdict,
    errors: ['malformed-json', 'validation-failed', 'leaf-field-not-fixed-width', 'body-too-large'],
  })
  verify(@ZodBody(proofClaim, { bytesMax: PROOF_CLAIM_BYTES_MAX }) claim: ProofClaim): ProofVerdictAnswer {
    const { checks, ...verdict } = verifyProof(claim);
    return { ...verdict, checks: [...checks] };
  }
}

/** The binary form for a reader that asks for it and for one leaf; JSON for everybody else. */
function answer(response: ServerResponse, accept: string | undefined, proof: BatchProof): void {
  const { inclusion } = proof;
  const asBinary = inclusion !== undefined && accept?.trim().toLowerCase() === BINARY_MEDIA_TYPE;
  if (asBinary && proof.treeProfile !== 'rfc9162-sha256')
    throw new AppError('not-acceptable', 'The binary form has no tree but rfc9162-sha256: ask for JSON.');
  const body = Buffer.from(asBinary ? encodeBinaryProof(inclusion) : JSON.stringify(presentBatch(proof)));
  // Beside what else the answer differs by, which stands there already.
  response.appendHeader('vary', 'accept');
  response
    .writeHead(200, {
      'content-type': asBinary ? BINARY_MEDIA_TYPE : 'application/json; charset=utf-8',
      'content-length': body.length,
    })
    .end(body);
}

function bytesOf(hex: string): Uint8Array {
  return hexToBytes(hex, 32) ?? new Uint8Array();
}
