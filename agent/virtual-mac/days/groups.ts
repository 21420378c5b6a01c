import type { ChatNote } from '../types.ts';
import type { Drawing, PlannedGroup } from './drawing.ts';
import type { Fact, GroupFact } from './types.ts';

/** A new group of some people. */
export function found(day: Drawing): void {
  const members = day.people.filter(() => day.random.chance(0.6));
  if (members.length < 2) return;
  const ref = day.name('g');
  day.groups.push({ ref, members });
  day.do({ do: 'group', ref, members: [...members], ...(day.random.chance(0.5) && { name: 'Friends' }) });
}

/** Somebody changes a group: its name, its photo, who is in it; or a note beside the messages that is no change. */
export function change(day: Drawing): void {
  const group = day.groups.length > 0 ? day.random.pick(day.groups) : undefined;
  if (!group || group.members.length === 0) return;
  const by = day.random.chance(0.2) ? null : day.random.pick(group.members);
  const note = noteOf(day, group, by);
  if (!note) return;
  const ref = day.name('m');
  const chat = { group: group.ref };
  const at = day.now;
  group.last = { ref, note, by, at };
  day.do({ do: 'note', ref, chat, note, by: by === null ? 'me' : { handle: by } });
  const fact = factOf(note, { guid: ref, chat: { kind: 'group', identifier: group.ref }, by, at });
  day.after(day.random.pick([0, 30, 300]), () => day.do({ do: 'join', ref, chat }, fact));
}

function noteOf(day: Drawing, group: PlannedGroup, by: string | null): ChatNote | undefined {
  const { random } = day;
  const outside = day.people.filter((handle) => !group.members.includes(handle));
  const others = group.members.filter((handle) => handle !== by);
  const kind = random.pick([
    'added',
    'removed',
    'left',
    'renamed',
    'photo-set',
    'photo-removed',
    'facetime',
  ] as const);
  switch (kind) {
    case 'added': {
      if (outside.length === 0) return undefined;
      const handle = random.pick(outside);
      group.members.push(handle);
      return { kind, handle };
    }
    case 'removed': {
      if (others.length < 2) return undefined;
      const handle = random.pick(others);
      group.members = group.members.filter((one) => one !== handle);
      return { kind, handle };
    }
    case 'left':
      if (by === null || others.length < 2) return undefined;
      group.members = others;
      return { kind };
    case 'renamed':
      return { kind, name: random.chance(0.2) ? null : day.text() };
    default:
      return { kind };
  }
}

function factOf(note: ChatNote, base: Pick<GroupFact, 'guid' | 'chat' | 'by' | 'at'>): Fact {
  switch (note.kind) {
    case 'added':
    case 'removed':
      return { kind: 'group', change: note.kind, member: note.handle, ...base };
    case 'left':
      return { kind: 'group', change: 'left', ...(base.by !== null && { member: base.by }), ...base };
    case 'renamed':
      return { kind: 'group', change: 'renamed', name: note.name, ...base };
    case 'photo-set':
    case 'photo-removed':
      return { kind: 'group', change: note.kind, ...base };
    default:
      return { kind: 'silent', why: 'note', guid: base.guid };
  }
}
