import type { RawData } from 'ws';
import type { CloseCode } from '../protocol/close-codes.ts';
import { type FrameFromAgent, fromAgentSchema } from '../protocol/frames.ts';
import { PROTOCOL_VERSION } from '../protocol/limits.ts';

export type ReadFrame = { frame: FrameFromAgent } | { refused: CloseCode };

/** A hello of another version may have another shape, and still deserves to be told which version is missing. */
const isOtherVersion = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'type' in value &&
  value.type === 'hello' &&
  'protocol' in value &&
  Number.isSafeInteger(value.protocol) &&
  value.protocol !== PROTOCOL_VERSION;

function parsed(data: RawData): unknown {
  try {
    return JSON.parse(data.toString());
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** What a WebSocket message says, or why the connection must end. Only text frames are of the protocol. */
export function readFrame(data: RawData, isBinary: boolean): ReadFrame {
  if (isBinary) return { refused: 'bad_frame' };
  const value = parsed(data);
  if (isOtherVersion(value)) return { refused: 'unsupported_version' };
  const result = fromAgentSchema.safeParse(value);
  return result.success ? { frame: result.data } : { refused: 'bad_frame' };
}
