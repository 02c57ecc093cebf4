import type { StoredAnswers } from './stored-answer.js';
import type { PaymentPort } from './payment.js';
import { reasonOf } from './tell-caller.js';

/** Answers whose settlement one run asks for, all at the same time. */
export const SETTLE_ASK_ROWS_MAX = 100;

/** What {@link SettleExecuted} needs. */
export interface SettleExecutedParts {
  readonly payments: Pick<PaymentPort, 'settle'>;
  readonly answers: Pick<StoredAnswers, 'claimUnsettled' | 'settle' | 'failPayment'>;
  readonly nowMs: () => number;
  readonly onError: (reservationId: string, error: unknown) => void;
}

/**
 * Asks for the settlement of answers that were stored and whose own request did not come so far: its process was
 * killed, or nobody took the question up. From then on the payment-verifier owes the settlement and needs no caller.
 */
export class SettleExecuted {
  constructor(private readonly parts: SettleExecutedParts) {}

  /** One run. */
  async run(): Promise<void> {
    const { answers, nowMs, onError } = this.parts;
    const due = await answers.claimUnsettled(nowMs(), SETTLE_ASK_ROWS_MAX);
    await Promise.all(
      due.map((reservationId) =>
        this.settle(reservationId).catch((error: unknown) => onError(reservationId, error)),
      ),
    );
  }

  private async settle(reservationId: string): Promise<void> {
    const { payments, answers } = this.parts;
    const result = await payments.settle(reservationId);
    if (result.outcome === 'settled') await answers.settle(reservationId, result.settlement, false);
    else if (result.outcome === 'failed' && result.charged !== 'unknown')
      await answers.failPayment(reservationId, reasonOf(result.settlement));
  }
}
