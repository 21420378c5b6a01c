import { z } from 'zod';

/** Name of the socket in the agent's folder. */
export const CONTROL_SOCKET = 'control.sock';

/** One line from a client. */
export const requestSchema = z.strictObject({
  method: z.string().min(1).max(40),
  params: z.unknown().optional(),
});

/** One line from the agent. */
export const answerSchema = z.union([
  z.strictObject({ result: z.unknown() }),
  z.strictObject({
    error: z.strictObject({ code: z.string(), message: z.string(), hint: z.string().optional() }),
  }),
]);

/** Longest line, in bytes. */
export const MAX_LINE_BYTES = 1024 * 1024;

/** What a method of the control socket does; throws AppError. */
export type ControlMethod = (params: unknown) => unknown;
