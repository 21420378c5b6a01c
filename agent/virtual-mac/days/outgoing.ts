import type { FullMessage } from '../types.ts';
import type { Drawing } from './drawing.ts';
import { joinDelay, place, planned } from './incoming.ts';
import type { OwnStateFact, Ref } from './types.ts';

const errors = [1, 4, 22, 22, 25] as const;

/** The owner writes, on this Mac or on another device, and the message comes as far as it does. */
export function send(day: Drawing): void {
  const { random } = day;
  const { chat } = place(day);
  const direct = 'handle' in chat;
  const ref = day.name('m');
  const text = day.text();
  const service = direct && random.chance(0.1) ? 'SMS' : 'iMessage';
  const message: FullMessage = { chat, sender: 'me', parts: [{ kind: 'text', text }], at: day.now, service };
  const drawn = planned(ref, message, [{ text }]);
  day.do({ do: 'message', ref, message, joined: false });
  const join = direct ? joinDelay(day, 1) : random.pick([0, 20, 30]);
  if (join !== null)
    day.after(join, () => {
      day.do({ do: 'join', ref, chat });
      day.messages.push(drawn);
    });
  fate(day, { ref, direct, service });
}

function fate(day: Drawing, { ref, direct, service }: { ref: Ref; direct: boolean; service: string }): void {
  const { random } = day;
  const took = random.between(40, 2_000);
  if (random.chance(0.12)) {
    const error = random.pick(errors);
    day.after(took, () =>
      day.do({ do: 'failed', ref, error }, { kind: 'own-state', guid: ref, state: 'failed', service, error }),
    );
    return;
  }
  const downgraded = direct && service === 'iMessage' && random.chance(0.08);
  const state = (name: OwnStateFact['state']): OwnStateFact => ({
    kind: 'own-state',
    guid: ref,
    state: name,
    service: downgraded ? 'SMS' : service,
    ...(downgraded && { downgraded }),
  });
  if (downgraded) day.after(took - 20, () => day.do({ do: 'downgrade', ref }));
  day.after(took, () => day.do({ do: 'sent', ref }, state('sent')));
  if (downgraded || random.chance(0.15)) return;
  const arrived = took + random.between(1, 4_000);
  day.after(arrived, () => day.do({ do: 'delivered', ref }, ...(direct ? [state('delivered')] : [])));
  if (random.chance(0.4)) return;
  const seen = arrived + random.between(1, 20_000);
  day.after(seen, () => day.do({ do: 'read', ref }, ...(direct ? [state('read')] : [])));
}

/** The owner writes without a network; the message is sent when whoever asked for it says so. */
export function unsent(day: Drawing): () => void {
  const handle = day.random.pick(day.people);
  const chat = { handle };
  const ref = day.name('m');
  const text = day.text();
  const message: FullMessage = { chat, sender: 'me', parts: [{ kind: 'text', text }], at: day.now };
  day.do({ do: 'message', ref, message, joined: false });
  day.do({ do: 'join', ref, chat });
  day.messages.push(planned(ref, message, [{ text }]));
  const state: OwnStateFact = { kind: 'own-state', guid: ref, state: 'sent', service: 'iMessage' };
  return () => void day.do({ do: 'sent', ref }, state);
}

/** Send Later: a row long before it is sent, with its date to come. Nothing is told before. */
export function scheduled(day: Drawing): void {
  const handle = day.random.pick(day.people);
  const ref = day.name('m');
  const wait = day.random.between(500, 60_000);
  const message: FullMessage = {
    chat: { handle },
    sender: 'me',
    parts: [{ kind: 'text', text: day.text() }],
    at: day.now + wait,
    scheduled: true,
  };
  const state = (name: OwnStateFact['state']): OwnStateFact => ({
    kind: 'own-state',
    guid: ref,
    state: name,
    service: 'iMessage',
  });
  day.do({ do: 'message', ref, message, joined: false });
  day.after(20, () => day.do({ do: 'join', ref, chat: { handle } }));
  if (day.random.chance(0.2)) return;
  day.after(wait, () => day.do({ do: 'send-scheduled', ref }, state('sent')));
  day.after(wait + 500, () => day.do({ do: 'delivered', ref }, state('delivered')));
}

/**
 * A note to oneself, as one row or as two; its rows may change sides later. That a row which is from the
 * owner was sent says nothing more, and may be told or not.
 */
export function self(day: Drawing): void {
  const { random } = day;
  const refs: [Ref, ...Ref[]] = random.chance(0.5) ? [day.name('m')] : [day.name('m'), day.name('m')];
  const [guid, orGuid] = refs;
  const text = day.text();
  const states = refs.flatMap((ref) =>
    (['sent', 'delivered'] as const).map(
      (state): OwnStateFact => ({ kind: 'own-state', guid: ref, state, service: 'iMessage' }),
    ),
  );
  const [, ...lines] = day.do(
    { do: 'self', refs, text, at: day.now },
    {
      kind: 'received',
      guid,
      ...(orGuid && { orGuid }),
      chat: { kind: 'direct', identifier: day.line },
      late: false,
      from: day.line,
      line: day.line,
      service: 'iMessage',
      at: day.now,
      parts: [text],
      files: [],
      toSelf: true,
    },
    ...states,
  );
  for (const line of lines) line.until = line.due;
  if (random.chance(0.5))
    for (let flips = random.between(1, 3); flips > 0; flips -= 1)
      day.after(random.between(1, 5_000), () => day.do({ do: 'flip', ref: random.pick(refs) }));
}
