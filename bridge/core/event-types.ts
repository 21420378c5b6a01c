import { customerEvents, type EventType } from '../protocol/customer-events.ts';

/** Every type of event that a customer may be told. */
export const eventTypes = Object.keys(customerEvents) as EventType[];

/** Stands for every type. */
export const ALL_EVENTS = '*';

const patterns = new Set<string>([
  ALL_EVENTS,
  ...eventTypes,
  ...eventTypes.map((type) => `${type.slice(0, type.indexOf('.'))}.*`),
]);

/** Whether this is a type, `family.*` of a family that exists, or `*`. */
export const isEventPattern = (pattern: string): boolean => patterns.has(pattern);

/** Whether an endpoint with these patterns is told of a type; no pattern at all means every type. */
export const wantsEvent = (wanted: readonly string[], type: EventType): boolean =>
  wanted.length === 0 ||
  wanted.some(
    (pattern) =>
      pattern === ALL_EVENTS ||
      pattern === type ||
      (pattern.endsWith('.*') && type.startsWith(pattern.slice(0, -1))),
  );
