import type { AnswerLinks } from '../domain/inference/answer.js';

/** The addresses that answers point to. */
export class Links implements AnswerLinks {
  constructor(
    private readonly publicUrl: string,
    private readonly evidenceUrl: string,
  ) {}

  /** The absolute URL of a request target (path and query). */
  target(target: string): string {
    return `${this.publicUrl}${target}`;
  }

  verification(id: string): string {
    return `${this.publicUrl}/v1/verifications/${id}`;
  }

  /** What there is to know about the proof of an answer. */
  proof(id: string): string {
    return `${this.verification(id)}/proof`;
  }

  job(id: string): string {
    return `${this.publicUrl}/v1/jobs/${id}`;
  }

  seedVerification(id: string): string {
    return `${this.publicUrl}/api/verifications/${id}`;
  }

  seedJob(id: string): string {
    return `${this.publicUrl}/api/jobs/${id}`;
  }

  model(id: string): string {
    return `${this.publicUrl}/v1/models/${id}`;
  }

  setUp(id: string): string {
    return `${this.publicUrl}/v1/set-ups/${id}`;
  }

  /** The evidence bundle at the proof-service. */
  evidence(id: string): string {
    return `${this.evidenceUrl}/v1/evidence/${id}`;
  }
}
