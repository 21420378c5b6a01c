import { MAX_TEXT_LENGTH } from '../../bridge/protocol/limits.ts';
import { notStarted } from './outcome.ts';
import type { SendText } from './send-acts.ts';
import type { ActOutcome } from './types.ts';

/** Room for the program's input in one environment variable, by which `@jxa/run` passes it: Linux has 128 KiB. */
const MAX_INPUT_BYTES = 128 * 1024 - 64;

/** Handles that Messages takes as they are. */
const E164 = /^\+[1-9]\d{6,14}$/;
const EMAIL = /^[^\s@:;"']{1,64}@[^\s@:;"']{1,190}\.[^\s@:;"'.]{2,63}$/;

/** `<service or any>;-;<identifier>`; a group has `+` in the middle. */
const DIRECT_CHAT = /^[A-Za-z]{1,20};-;[^\s;]{1,320}$/;

/**
 * Refuses what Messages would take and then mangle: a number without its plus is accepted and fails later with error
 * 22, a chat id in place of a handle makes a bogus chat, NUL ends the text, half a surrogate pair is no character.
 * Undefined when the act may go on.
 */
export function refusal({ handle, text, chat }: Omit<SendText, 'kind'>): ActOutcome | undefined {
  if (!isHandle(handle))
    return notStarted('invalid_recipient', 'the handle is neither an E.164 number nor an email address');
  if (chat !== undefined && !DIRECT_CHAT.test(chat))
    return notStarted('invalid_recipient', 'the chat is not the guid of a direct chat');
  return textRefusal(text, { handle, text, chat });
}

/** Whether Messages takes the word as a handle as it is. */
export const isHandle = (word: string): boolean => E164.test(word) || EMAIL.test(word);

/**
 * Refuses a text that cannot be sent as it is; `input` is what its program is given, with `more` bytes beside it.
 */
export function textRefusal(text: string, input: object, more = 0): ActOutcome | undefined {
  if (text.length === 0 || text.length > MAX_TEXT_LENGTH)
    return notStarted('text_not_sendable', 'the text is empty or too long');
  if (text.includes('\0')) return notStarted('text_not_sendable', 'the text holds NUL');
  if (hasLoneSurrogate(text)) return notStarted('text_not_sendable', 'the text holds half a surrogate pair');
  if (Buffer.byteLength(JSON.stringify([input])) + more > MAX_INPUT_BYTES)
    return notStarted('text_not_sendable', 'the text takes too many bytes');
  return undefined;
}

const hasLoneSurrogate = (text: string): boolean =>
  /(?:[\uD800-\uDBFF](?![\uDC00-\uDFFF]))|(?:(?<![\uD800-\uDBFF])[\uDC00-\uDFFF])/.test(text);
