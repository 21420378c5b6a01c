import { z } from 'zod';
import { uiRequestSchema } from './desktop/requests.ts';
import { faultSchema } from './faults.ts';

/** Name of the Unix socket of a virtual Mac in its home. */
export const SOCKET_NAME = 'virtual-mac.sock';

const text = z.string().min(1).max(200_000);

/** How a script names a participant: by handle, or by `<account id>:<handle>`. */
const participantSchema = z.strictObject({
  account: z.string().max(200),
  by: z.enum(['name', 'id']),
  value: z.string().max(400),
});

/** What is asked of a virtual Mac over its socket, one JSON object a line. The first five are what osascript asks. */
export const controlRequestSchema = z.discriminatedUnion('call', [
  z.strictObject({ call: z.literal('running') }),
  z.strictObject({ call: z.literal('accounts') }),
  z.strictObject({ call: z.literal('participant'), participant: participantSchema }),
  z.strictObject({ call: z.literal('chat'), id: z.string().max(400) }),
  z.strictObject({
    call: z.literal('send'),
    text: text.optional(),
    /** A file in place of a text, by its absolute path. */
    file: z.string().min(1).max(4096).optional(),
    to: z.union([
      z.strictObject({ participant: participantSchema }),
      z.strictObject({ chat: z.string().max(400) }),
    ]),
  }),
  /** What programs ask of the screen. */
  z.strictObject({ call: z.literal('ui'), request: uiRequestSchema }),
  /** Names of the conversations in which people see that somebody types. */
  z.strictObject({ call: z.literal('typing') }),
  z.strictObject({ call: z.literal('receive'), from: z.string().max(320), text }),
  z.strictObject({ call: z.literal('fault'), fault: faultSchema }),
  z.strictObject({ call: z.literal('clear-faults') }),
  /** Faults that have not happened yet, or last. */
  z.strictObject({ call: z.literal('waiting-faults') }),
  z.strictObject({ call: z.literal('quit') }),
  /** What commands of the system do to the process of Messages. */
  z.strictObject({
    call: z.literal('process'),
    command: z.enum(['open', 'front', 'term', 'kill', 'killall-imagent']),
  }),
  /** Messages begins to hang until something ends that, or is gone. */
  z.strictObject({ call: z.literal('break-messages'), how: z.enum(['term', 'kill', 'imagent', 'gone']) }),
  /** What was done to the process of Messages, in order. */
  z.strictObject({ call: z.literal('process-history') }),
  /** A call of somebody else that is over now. */
  z.strictObject({
    call: z.literal('received-call'),
    from: z.string().max(320),
    medium: z.enum(['audio', 'video']),
    end: z.enum(['answered', 'missed', 'declined']),
    durationMs: z.int().min(0).default(0),
  }),
  /** How often a person would have been asked for permission. */
  z.strictObject({ call: z.literal('prompts') }),
  /** Messages forgets a chat until its next message; chat.db still has it, as is seen on macOS 26.5. */
  z.strictObject({ call: z.literal('unload-chat'), id: z.string().max(400) }),
  z.strictObject({
    call: z.literal('play'),
    seed: z
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .optional(),
    operations: z.int().min(1).max(100_000),
    /** When the day begins, in milliseconds since the Unix epoch; by default each operation happens now. */
    start: z.int().min(0).optional(),
    /** What may happen in it; everything by default. */
    only: z.array(z.string().max(40)).min(1).max(50).optional(),
  }),
  z.strictObject({ call: z.literal('play-next'), operations: z.int().min(1).max(500) }),
]);

export type ControlRequest = z.infer<typeof controlRequestSchema>;
/** Requests about a random day to be played. */
export type PlayRequest = Extract<ControlRequest, { call: 'play' | 'play-next' }>;
/** Requests about the process of Messages. */
type ProcessCall = 'quit' | 'process' | 'break-messages' | 'process-history';
/** Requests that Messages answers. */
export type MessagesRequest = Exclude<
  ControlRequest,
  PlayRequest | { call: 'prompts' | 'received-call' | ProcessCall }
>;
export type ParticipantName = z.infer<typeof participantSchema>;

/** The answer: a result, the number of an Apple event error, or an error of ours. */
export const controlAnswerSchema = z.union([
  z.strictObject({ result: z.unknown() }),
  z.strictObject({ appleError: z.int() }),
  z.strictObject({
    error: z.strictObject({
      code: z.string(),
      message: z.string(),
      retry: z.enum(['never', 'later', 'after-fix']),
      hint: z.string().optional(),
    }),
  }),
]);

export type ControlAnswer = z.infer<typeof controlAnswerSchema>;

/** An Apple event that fails with a number. */
export class AppleEventFailure extends Error {
  readonly errorNumber: number;

  constructor(errorNumber: number) {
    super(`Apple event error ${errorNumber}`);
    this.errorNumber = errorNumber;
  }
}
