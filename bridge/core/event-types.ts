/** Every type of event that a customer may be told. */
export const eventTypes = [
  'message.sent',
  'message.delivered',
  'message.read',
  'message.failed',
  'message.received',
  'message.edited',
  'message.unsent',
  'message.scheduled',
  'message.canceled',
  'reaction.added',
  'reaction.removed',
  'typing.started',
  'typing.stopped',
  'call.initiated',
  'call.ringing',
  'call.answered',
  'call.ended',
  'call.declined',
  'call.missed',
  'call.failed',
  'group.created',
  'group.name_changed',
  'group.icon_changed',
  'group.member_added',
  'group.member_removed',
  'contact.opted_out',
  'contact.opted_in',
  'line.status_changed',
  'line.limit_reached',
] as const;

export type EventType = (typeof eventTypes)[number];

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
