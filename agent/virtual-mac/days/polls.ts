import { POLL_BALLOON } from '../messages-store/payloads.ts';
import type { Drawing } from './drawing.ts';
import { incoming, place } from './incoming.ts';

/** `associated_message_type` of a vote. */
const VOTE = 4000;

/**
 * Somebody asks in a poll (macOS 26), and people vote in it: each vote is a row of its own that names the poll. Whether
 * such a row names the balloon too is not known, nor is a change of the poll but by its balloon and the poll's guid; so
 * both kinds come.
 */
export function poll(day: Drawing): void {
  const { random } = day;
  const where = place(day);
  const asked = incoming(day, {
    ...where,
    text: '\uFFFD',
    extras: { balloon: { bundleId: POLL_BALLOON, payload: Buffer.from('payload') } },
    known: { app: POLL_BALLOON },
    join: random.pick([0, 30, 300]),
    aside: true,
  });
  for (let votes = random.between(0, 4); votes > 0; votes -= 1)
    day.after(random.between(500, 20_000), () => {
      const from = 'handle' in where.chat ? where.chat.handle : random.pick(day.people);
      const type = random.chance(0.8) ? VOTE : 0;
      const named = type === 0 || random.chance(0.5);
      incoming(day, {
        chat: where.chat,
        from,
        text: '',
        extras: {
          associated: { guid: asked, type },
          ...(named && { balloon: { bundleId: POLL_BALLOON } }),
        },
        known: { app: POLL_BALLOON, updates: asked, parts: ['\uFFFD'] },
        join: random.pick([0, 30, 300]),
        aside: true,
      });
    });
}
