import { randomInt } from 'node:crypto';
import { AppError } from '../../bridge/runtime/app-error.ts';
import type { Clock } from '../../bridge/runtime/clock.ts';
import type { ControlRequest, PlayRequest } from './control.ts';
import { dayPlayer, planDay, sceneNames } from './days/days.ts';
import type { LedgerLine } from './days/types.ts';
import { people } from './people.ts';
import type { MacosRelease, MessagesStore } from './types.ts';

export const isPlay = (request: ControlRequest): request is PlayRequest =>
  request.call === 'play' || request.call === 'play-next';

/** A day that was made up and waits to be played. */
export interface PlannedPlay {
  seed: number;
  operations: number;
  /** Milliseconds that the plan leaves before the first operation. */
  pause: number;
}

/** What became of some operations. */
export interface PlayedPart {
  /** Operations played so far. */
  played: number;
  /** Milliseconds that the plan leaves before the next operation; null when the day is over. */
  pause: number | null;
  /** Whether others can read chat.db meanwhile. */
  readable: boolean;
  /** Whether whoever watches is to be there in the pause, or the ledger holds for nobody. */
  watched: boolean;
  facts: readonly LedgerLine[];
}

/** Plays random days in a running virtual Mac, a few operations at a time, as whoever asks sets the pace. */
export class Plays {
  readonly #options: { store: MessagesStore; macos: MacosRelease; clock: Clock };
  #day: { player: ReturnType<typeof dayPlayer>; start: number | undefined } | undefined;

  constructor(options: { store: MessagesStore; macos: MacosRelease; clock: Clock }) {
    this.#options = options;
  }

  answer(request: PlayRequest): PlannedPlay | PlayedPart {
    return request.call === 'play' ? this.#plan(request) : this.#next(request.operations);
  }

  #plan(request: Extract<PlayRequest, { call: 'play' }>): PlannedPlay {
    const { store, macos } = this.#options;
    const { operations, seed = randomInt(2 ** 32), only } = request;
    const scenes = only && sceneNames.filter((name) => only.includes(name));
    const plan = planDay({
      seed,
      operations,
      release: macos,
      line: store.line,
      people: people.map(({ handle }) => handle),
      ...(scenes && { only: scenes }),
    });
    this.#day = { player: dayPlayer(store, plan), start: request.start };
    return { seed, operations: plan.operations.length, pause: plan.operations[0]?.at ?? 0 };
  }

  #next(operations: number): PlayedPart {
    if (!this.#day) throw new AppError('no day is planned', { code: 'not_found', retry: 'never' });
    const { player, start } = this.#day;
    const facts: LedgerLine[] = [];
    let at = player.upcoming?.at ?? 0;
    for (let left = operations; left > 0 && player.upcoming; left -= 1) {
      at = player.upcoming.at;
      facts.push(...player.next(start ?? this.#options.clock.now() - at));
    }
    const { played, upcoming } = player;
    const { readable } = this.#options.store.disk;
    return {
      played,
      pause: upcoming ? upcoming.at - at : null,
      readable,
      watched: upcoming?.watched === true,
      facts,
    };
  }
}
