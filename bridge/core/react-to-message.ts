import { actOnMessage } from './act-on-message.ts';
import type { ActedMessage, ReactInput } from './action-types.ts';
import type { CoreContext } from './context.ts';
import { requestError } from './request-error.ts';
import type { Caller, Repeatable } from './types.ts';

/** A tapback is of use for so long, in milliseconds. */
const LIFETIME_MS = 3_600_000;

const TAPBACKS = ['love', 'like', 'dislike', 'laugh', 'emphasize', 'question'] as const;
const PICTURE = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20E3/u;
/** In UTF-16 units. */
const LONGEST_EMOJI = 32;
const graphemes = new Intl.Segmenter();

type Tapback = (typeof TAPBACKS)[number];
type Reaction = { reaction: Tapback } | { reaction: 'emoji'; emoji: string };

/** Orders a tapback on a message of either side, or that the own one be taken away. */
export function reactToMessage(
  context: CoreContext,
  caller: Caller,
  input: ReactInput,
  repeatable?: Repeatable,
): Promise<ActedMessage> {
  const { reaction, action } = parsed(input);
  const part = input.partIndex ?? 0;
  const request = { caller, messageId: input.messageId, kind: 'react', input, repeatable } as const;
  return actOnMessage(context, request, async ({ message, onMac, now }) => {
    if (message.guid === null || message.unsentAt !== null || message.status === 'failed')
      throw requestError(
        'reaction_target_invalid',
        'Messages does not have it, or not any more.',
        'messageId',
      );
    return {
      order: { type: 'message.react', ...(await onMac(part)), ...reaction, action },
      expiresAt: now + LIFETIME_MS,
      actions: [
        reaction.reaction === 'emoji' ? 'react_emoji' : 'react',
        ...(part === 0 ? [] : (['react_part'] as const)),
      ],
    };
  });
}

const isEmoji = (text: string): boolean =>
  text.length <= LONGEST_EMOJI && PICTURE.test(text) && [...graphemes.segment(text)].length === 1;

/** `-love` is `love` taken away; an emoji may stand in the place of a tapback. */
function parsed({ reaction, emoji, action }: ReactInput): { reaction: Reaction; action: 'add' | 'remove' } {
  const away = reaction.startsWith('-');
  if (away && action === 'add')
    throw requestError('invalid_parameter_value', 'reaction says remove and action says add', 'action');
  const word = away ? reaction.slice(1) : reaction;
  return { reaction: reactionOf(word, emoji), action: away ? 'remove' : (action ?? 'add') };
}

function reactionOf(word: string, emoji: string | undefined): Reaction {
  const tapback = TAPBACKS.find((known) => known === word);
  if (tapback && emoji === undefined) return { reaction: tapback };
  if (tapback) throw requestError('invalid_parameter_value', 'emoji goes with the reaction emoji', 'emoji');
  const given = word === 'emoji' ? emoji : word;
  const param = word === 'emoji' ? 'emoji' : 'reaction';
  if (given === undefined)
    throw requestError('missing_required_parameter', 'The reaction emoji needs an emoji', param);
  if (!isEmoji(given))
    throw requestError('invalid_parameter_value', `${param} is neither a tapback nor one emoji`, param);
  return { reaction: 'emoji', emoji: given };
}
