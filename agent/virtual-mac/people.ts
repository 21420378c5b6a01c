/** How a person treats a message; every time in milliseconds after Messages took it. Absent: it does not happen. */
export interface WayOfLife {
  sent?: number;
  delivered?: number;
  read?: number;
  /** When the person writes back. */
  answers?: number;
  /** When the row gets Apple's error number instead, and which. */
  fails?: { after: number; error: number };
  /** What the person does when called, in milliseconds; lets it ring when absent. `talks`: until they hang up. */
  call?: { answersAfter?: number; talks?: number; declinesAfter?: number };
}

export interface Person {
  handle: string;
  /** The way of life in words. */
  behaves: string;
  way: WayOfLife;
}

/** The people of every virtual Mac: numbers that nobody can have (+1 415 555 01xx). */
export const people: readonly Person[] = [
  {
    handle: '+14155550101',
    behaves: 'reads and answers; takes calls and hangs up after five seconds',
    way: {
      sent: 40,
      delivered: 80,
      read: 140,
      answers: 200,
      call: { answersAfter: 1_000, talks: 5_000 },
    },
  },
  {
    handle: '+14155550102',
    behaves: 'reads, never answers; declines calls',
    way: { sent: 40, delivered: 80, read: 140, call: { declinesAfter: 1_000 } },
  },
  {
    handle: '+14155550103',
    behaves: 'gets messages but does not read them',
    way: { sent: 40, delivered: 80 },
  },
  { handle: '+14155550104', behaves: 'is never reached: messages stay sent', way: { sent: 40 } },
  {
    handle: '+14155550105',
    behaves: 'is not on iMessage: fails with error 22 after two seconds',
    way: { fails: { after: 2_000, error: 22 } },
  },
  {
    handle: '+14155550106',
    behaves: 'is slow: each step takes seconds, then reads and answers',
    way: { sent: 2_000, delivered: 5_000, read: 9_000, answers: 13_000 },
  },
];

/** Everybody else gets messages and does not read them. */
const anybody: WayOfLife = { sent: 40, delivered: 80 };

export function wayOf(handle: string): WayOfLife {
  return people.find((person) => person.handle === handle)?.way ?? anybody;
}

/** What a person who answers writes back, with the beginning of what was written to them. */
export function answerTo(text: string): string {
  const start = Array.from(text.slice(0, 400)).slice(0, 200).join('');
  return `You wrote: ${start}`;
}
