import { agentErrors } from '../../bridge/protocol/errors.ts';
import { AppError } from '../../bridge/runtime/app-error.ts';

/** One of the agent's own files cannot be used. */
export const damaged = (file: string, cause?: unknown): AppError =>
  new AppError(`The file ${file} of the agent is missing or damaged`, {
    code: 'identity_damaged',
    ...agentErrors.identity_damaged,
    cause,
  });
