import type { FinishedCall } from '../types.ts';
import type { Drawing } from './drawing.ts';

/** A call of FaceTime, or of the phone, that ended just now, or was missed or refused; now and then of several. */
export function call(day: Drawing): void {
  const { random } = day;
  const answered = random.chance(0.5);
  const declined = !answered && random.chance(0.3);
  const durationMs = answered ? random.between(1, 600) * 1_000 : 0;
  const finished: FinishedCall & { id: string } = {
    id: random.uuid(),
    kind: random.pick(['facetime-audio', 'facetime-video', 'phone']),
    direction: random.pick(['in', 'out']),
    handles: random.chance(0.2) ? [...day.people].slice(0, 3).sort() : [random.pick(day.people)],
    answered,
    declined,
    at: day.now - durationMs,
    durationMs,
  };
  const { id, direction, kind: media, handles, at } = finished;
  day.do(
    { do: 'call', call: finished },
    { kind: 'call', id, direction, media, handles, at, answered, declined, durationMs },
  );
}
