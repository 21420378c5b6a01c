import type { Command, SendMessageCommand } from '../../bridge/protocol/commands.ts';
import type { AgentEvent } from '../../bridge/protocol/events.ts';

/** Files that commands send, from the bridge to where Messages may read them. */
export interface SentFiles {
  /**
   * Path of a file of a command, once its bytes are here whole; undefined while they are not. Throws an AppError that
   * says why they will not come.
   */
  ready(command: SendMessageCommand, index: number): string | undefined;
  /**
   * Begins to fetch what is missing, as far as there is room. `onChange` is called when asking {@link ready} again may give
   * something else, or there is room again: then it is asked for anew.
   */
  fetch(command: SendMessageCommand, onChange: () => void): void;
  /**
   * Copies a file to where Messages may read it, for one act. Throws AppError `file_not_sendable`; whatever else it throws,
   * such as `disk_full`, it is asked again later.
   */
  stage(actId: string, file: { source: string; name: string; voiceNote: boolean }): Promise<string>;
}

/**
 * Whether the call that a `call.start` command places is on the screen of the Mac: `waiting` before it was begun, `over`
 * once the call history has it, or where it was never placed; `unknown` where what is on the screen may be another call.
 */
export type CallStanding = (commandId: string) => 'waiting' | 'on' | 'over' | 'unknown';

/** What this Mac can make of a received file; null for nothing. */
export type RenditionOffer = (file: {
  name: string;
  mime: string | null;
  uti: string | null;
}) => { name: string; mimeType: string } | null;

type Order<T extends Command['type']> = Extract<Command, { type: T }>;

/** What is asked of others than Messages. Each may throw an AppError: with `retry: 'later'` it is asked again. */
export interface Errands {
  lookUp(order: Order<'lookup'>): AgentEvent;
  upload(order: Order<'media.upload'>, signal: AbortSignal): Promise<void>;
}
