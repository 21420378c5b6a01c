import type { SimulatedDay, Simulation } from './simulate.ts';
import { rules } from './types.ts';

const LEGEND = [
  '#  left   =  answers within 24 hours, which no cap holds   |  cap of the day',
  'o  asked for on that day, > beyond the scale   waiting  at the end of the day',
];

/**
 * A simulation as a table, and as a plot of the curve against the load: for each day what left and what was asked for,
 * beside the cap of the day.
 */
export function plot({ days }: Simulation, width = 60): string[] {
  // What is asked for may be far beyond what may leave: the scale is that of what may.
  const most = Math.max(
    1,
    ...days.map(({ dailyCap, proactive, replies }) => Math.max(dailyCap, proactive + replies)),
  );
  const number = (value: number, wide: number): string => String(value).padStart(wide);
  return [
    'day  date         asked  left/cap   new/cap  answers  waiting',
    ...days.map((day) =>
      [
        `${number(day.day, 3)}  ${day.date}`,
        number(day.asked, 6),
        `${number(day.proactive, 4)}/${String(day.dailyCap).padEnd(4)}`,
        `${number(day.newConversations, 3)}/${String(day.newConversationCap).padEnd(3)}`,
        number(day.replies, 7),
        number(day.waiting, 7),
      ].join('  '),
    ),
    '',
    ...days.map((day) => `${number(day.day, 3)} ${bar(day, most, width)}`),
    `    0${number(most, width)}`,
    ...LEGEND,
    ...heldLines(days),
  ];
}

/** One day as a row of signs, `most` messages wide. Where signs fall together the later of cap and load shows. */
function bar({ proactive, replies, dailyCap, asked }: SimulatedDay, most: number, width: number): string {
  const scale = (amount: number): number => Math.round((amount / most) * width);
  const signs = [
    ...'#'.repeat(scale(proactive)),
    ...'='.repeat(scale(proactive + replies) - scale(proactive)),
  ];
  const row = Array.from({ length: width + 1 }, (_, at) => signs[at] ?? ' ');
  row[scale(dailyCap)] = '|';
  row[Math.min(scale(asked), width + 1)] = scale(asked) > width ? '>' : 'o';
  return row.join('').trimEnd();
}

function heldLines(days: readonly SimulatedDay[]): string[] {
  const totals = rules.flatMap((rule) => {
    const times = days.reduce((sum, { held }) => sum + (held[rule] ?? 0), 0);
    return times > 0 && rule !== 'line_rate' ? [`held by ${rule}: ${times} times`] : [];
  });
  return totals.length > 0 ? ['', ...totals] : [];
}
