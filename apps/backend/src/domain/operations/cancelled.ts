import { AppError } from '@agentbot/contracts';

/** Thrown by a stage of an operation that somebody cancelled; what follows puts things right and cannot be cancelled again. */
export class Cancelled extends AppError {
  constructor() {
    super('OPERATION_FAILED', 'The operation was cancelled');
  }
}
