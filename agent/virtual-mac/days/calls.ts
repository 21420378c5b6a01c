import type { FinishedCall } from '../types.ts';
import type { Drawing } from './drawing.ts';

/** A FaceTime call that ended just now, or was missed or refused. */
export function call(day: Drawing): void {
  const { random } = day;
  const answered = random.chance(0.5);
  const declined = !answered && random.chance(0.3);
  const durationMs = answered ? random.between(1, 600) * 1_000 : 0;
  const finished: FinishedCall & { id: string } = {
    id: random.uuid(),
    kind: random.pick(['facetime-audio', 'facetime-video']),
    direction: random.pick(['in', 'out']),
    handles: [random.pick(day.people)],
    answered,
    declined,
    at: day.now - durationMs,
    durationMs,
  };
  const { id, direction, kind: media, handles } = finished;
  day.do(
    { do: 'call', call: finished },
    { kind: 'call', id, direction, media, handles, answered, declined, durationMs },
  );
}
