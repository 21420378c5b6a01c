/**
 * A session is one agent on one WebSocket.
 *
 * - `challenged`: the challenge is out; only a hello may come.
 * - `opening`: the hello is being checked and the session begun in the store; nothing may come.
 * - `open`: events come, commands go, both are acknowledged.
 * - `closed`: final; one close code was given and nothing more is done.
 *
 * Four counters keep the promises of the protocol. Events: `acked <= durable <= received`, where `received` grows by
 * one with each event, `durable` follows when the store has it, and `acked` is what the agent was told. Commands:
 * `commandAck <= commandSent`, and never more than a window apart.
 */
import type { CloseCode } from '../protocol/close-codes.ts';
import type { AgentEvent } from '../protocol/events.ts';
import type { Hello } from '../protocol/frames.ts';
import { WINDOW } from '../protocol/limits.ts';
import type { StoredCommand } from '../store/types.ts';

type SessionPhase = 'challenged' | 'opening' | 'open' | 'closed';

export interface SessionState {
  phase: SessionPhase;
  /** Highest event taken from the socket. */
  received: number;
  /** Highest event in the store. */
  durable: number;
  /** Highest event that the agent was told is durable. */
  acked: number;
  /** Highest command sent in this session, or skipped by its start. */
  commandSent: number;
  /** Highest command that the agent has. */
  commandAck: number;
}

export type SessionInput =
  | { kind: 'hello'; hello: Hello }
  /** The hello was good and the store has the session. */
  | { kind: 'opened'; eventSeq: number; commandAck: number }
  /** `bytes` is the size of its frame. */
  | { kind: 'event'; seq: number; event: AgentEvent; bytes: number }
  /** The store has an event; `idle` when none is waiting behind it. */
  | { kind: 'stored'; seq: number; idle: boolean }
  /** The store has a command that was not sent yet. */
  | { kind: 'command'; command: StoredCommand }
  | { kind: 'ack'; seq: number }
  /** A reason to end from outside the counters: a bad frame, a timer, the store, a stop. */
  | { kind: 'end'; code: CloseCode };

export type SessionEffect =
  | { do: 'authenticate'; hello: Hello }
  | { do: 'welcome'; eventAck: number; commandAck: number }
  | { do: 'store'; seq: number; event: AgentEvent; bytes: number }
  | { do: 'send-ack'; seq: number }
  | { do: 'send-command'; command: StoredCommand }
  | { do: 'note-command-ack'; seq: number }
  | { do: 'close'; code: CloseCode };

export interface SessionStep {
  state: SessionState;
  effects: SessionEffect[];
}

/** While events keep coming, an acknowledgement goes out at least this often. */
const ACK_EVERY = WINDOW / 4;

export const newSessionState: SessionState = {
  phase: 'challenged',
  received: 0,
  durable: 0,
  acked: 0,
  commandSent: 0,
  commandAck: 0,
};

/** How many commands may be sent now. */
export const commandSpace = (state: SessionState): number =>
  state.phase === 'open' ? WINDOW - (state.commandSent - state.commandAck) : 0;

const close = (state: SessionState, code: CloseCode): SessionStep => ({
  state: { ...state, phase: 'closed' },
  effects: [{ do: 'close', code }],
});

type Incoming = Extract<SessionInput, { kind: 'event' }>;

const same = (state: SessionState): SessionStep => ({ state, effects: [] });

function onEvent(state: SessionState, { seq, event, bytes }: Incoming): SessionStep {
  if (seq <= state.durable) {
    return { state: { ...state, acked: state.durable }, effects: [{ do: 'send-ack', seq: state.durable }] };
  }
  if (seq <= state.received) return same(state);
  if (seq !== state.received + 1) return close(state, 'bad_frame');
  if (seq - state.acked > WINDOW) return close(state, 'window_exceeded');
  return { state: { ...state, received: seq }, effects: [{ do: 'store', seq, event, bytes }] };
}

function onStored(state: SessionState, seq: number, idle: boolean): SessionStep {
  if (!idle && seq - state.acked < ACK_EVERY) return same({ ...state, durable: seq });
  return { state: { ...state, durable: seq, acked: seq }, effects: [{ do: 'send-ack', seq }] };
}

function onAck(state: SessionState, seq: number): SessionStep {
  if (seq > state.commandSent) return close(state, 'bad_frame');
  if (seq <= state.commandAck) return same(state);
  return { state: { ...state, commandAck: seq }, effects: [{ do: 'note-command-ack', seq }] };
}

function onCommand(state: SessionState, command: StoredCommand): SessionStep {
  const { seq } = command;
  if (seq !== state.commandSent + 1 || commandSpace(state) === 0) return close(state, 'internal_error');
  return { state: { ...state, commandSent: seq }, effects: [{ do: 'send-command', command }] };
}

function whileOpen(state: SessionState, input: SessionInput): SessionStep {
  switch (input.kind) {
    case 'event':
      return onEvent(state, input);
    case 'stored':
      return onStored(state, input.seq, input.idle);
    case 'command':
      return onCommand(state, input.command);
    case 'ack':
      return onAck(state, input.seq);
    default:
      return close(state, 'bad_frame');
  }
}

/** The only way in which a session changes. Pure: the caller carries the effects out, in order. */
export function transition(state: SessionState, input: SessionInput): SessionStep {
  if (state.phase === 'closed') return same(state);
  if (input.kind === 'end') return close(state, input.code);
  if (state.phase === 'challenged') {
    if (input.kind !== 'hello') return close(state, 'bad_frame');
    return { state: { ...state, phase: 'opening' }, effects: [{ do: 'authenticate', hello: input.hello }] };
  }
  if (state.phase === 'opening') {
    if (input.kind !== 'opened') return close(state, 'bad_frame');
    const { eventSeq, commandAck } = input;
    return {
      state: {
        phase: 'open',
        received: eventSeq,
        durable: eventSeq,
        acked: eventSeq,
        commandSent: commandAck,
        commandAck,
      },
      effects: [{ do: 'welcome', eventAck: eventSeq, commandAck }],
    };
  }
  return whileOpen(state, input);
}
