import type { AgentEvent } from '../protocol/events.ts';
import { newId } from '../runtime/ids.ts';
import type { StoreOperations } from '../store/types.ts';
import { acceptOnce } from './accept-once.ts';
import type { LookedUp, LookUpInput } from './action-types.ts';
import { type ChosenLine, chooseLine } from './choose-line.ts';
import { isConnected } from './connected.ts';
import type { CoreContext } from './context.ts';
import { normaliseHandle } from './handles.ts';
import { lineOf } from './line-of.ts';
import { orderCommand } from './order-operation.ts';
import { requireAction } from './require-action.ts';
import type { Caller, Repeatable } from './types.ts';

/** How long an answer of the Mac is waited for, in milliseconds. */
const WAIT_MS = 8_000;
/** How often the store is asked for it: another bridge may serve the Mac. */
const ASK_EVERY_MS = 50;

/** Asks a Mac that is connected what it knows of handles. Without one, or without its answer, nothing is known. */
export async function lookUp(
  context: CoreContext,
  caller: Caller,
  input: LookUpInput,
  repeatable?: Repeatable,
): Promise<{ results: LookedUp[]; checkedAt: number; replayed: boolean }> {
  const now = context.clock.now();
  const commandId = newId('cmd', now);
  const asked = input.phoneNumbers.map((written) => ({ written, handle: normaliseHandle(written) }));
  const handles = [...new Set(asked.flatMap(({ handle }) => handle ?? []))];
  const wanted = { caller, repeatable, input, resourceId: commandId, now };
  const outcome = await acceptOnce(context, wanted, async (tx) => {
    const where = handles.length === 0 ? undefined : await connectedLine(context, tx, caller, input.from);
    if (!where) return undefined;
    await orderCommand(tx, {
      id: commandId,
      agentId: where.agent.id,
      traceId: newId('trc', now),
      order: { type: 'lookup', handles },
      expiresAt: now + WAIT_MS,
      now,
    });
    return where.agent.id;
  });
  const replayed = 'earlier' in outcome;
  if (!replayed && outcome.made !== undefined) context.wakeups.command(outcome.made);
  const answer =
    replayed || outcome.made !== undefined
      ? await answerOf(context, replayed ? outcome.earlier : commandId)
      : undefined;
  const results = asked.map(({ written, handle }) => resultOf(written, handle, answer));
  return { results, checkedAt: context.clock.now(), replayed };
}

/** The line that is asked for, or the first of those whose Mac is connected that can look up. */
async function connectedLine(
  { clock }: CoreContext,
  tx: StoreOperations,
  caller: Caller,
  from: string | undefined,
): Promise<ChosenLine | undefined> {
  if (from !== undefined) {
    const chosen = await chooseLine(tx, caller, { from, to: '' });
    await requireAction(tx, chosen.line.id, 'lookup');
    return isConnected(chosen.agent, clock.now()) ? chosen : undefined;
  }
  const agents = (await tx.listAgents(caller.accountId))
    .filter((agent) => agent.revokedAt === null && isConnected(agent, clock.now()))
    .sort((a, b) => (b.lastSeenAt ?? 0) - (a.lastSeenAt ?? 0));
  let refusal: unknown;
  for (const agent of agents)
    try {
      await requireAction(tx, agent.lineId, 'lookup');
      return await lineOf(tx, caller, agent.lineId);
    } catch (error) {
      refusal ??= error;
    }
  if (refusal !== undefined) throw refusal;
  return undefined;
}

async function answerOf({ store, clock }: CoreContext, commandId: string): Promise<AgentEvent | undefined> {
  const command = await store.findCommand(commandId);
  if (!command) return undefined;
  const until = command.createdAt + WAIT_MS;
  for (;;) {
    const found = await store.findCommandResult(commandId);
    if (found || clock.now() >= until) return found?.result;
    await clock.sleep(ASK_EVERY_MS);
  }
}

function resultOf(written: string, handle: string | undefined, answer: AgentEvent | undefined): LookedUp {
  const nothing = { imessage: null, source: 'none', seenAt: null } as const;
  if (handle === undefined) {
    const error = { code: 'invalid_phone_number', message: 'Neither a valid E.164 number nor an email' };
    return { phoneNumber: written, valid: false, ...nothing, error };
  }
  const known = { phoneNumber: handle, valid: true };
  if (answer?.type === 'command.state') return { ...known, ...nothing, error: errorOf(answer.error) };
  if (answer?.type !== 'lookup.answered') return { ...known, ...nothing, error: null };
  const result = answer.results.find((candidate) => normaliseHandle(candidate.handle) === handle);
  if (!result) return { ...known, ...nothing, error: null };
  return {
    ...known,
    imessage: result.imessage === 'unknown' ? null : result.imessage === 'yes',
    source: result.source,
    seenAt: result.seenAt === null ? null : Date.parse(result.seenAt),
    error: null,
  };
}

const errorOf = (error: { code: string; message: string } | undefined) =>
  error
    ? { code: error.code, message: error.message }
    : { code: 'unknown', message: 'The Mac gave no reason' };
