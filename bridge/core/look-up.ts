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
import type { ToldAnswer } from './lookup-memory.ts';
import { orderCommand } from './order-operation.ts';
import { requireAction } from './require-action.ts';
import type { Caller, Repeatable } from './types.ts';

/** How long an answer of the Mac is waited for, in milliseconds. */
const WAIT_MS = 8_000;
/** How often the store is asked for it: another bridge may serve the Mac. */
const ASK_EVERY_MS = 50;

/**
 * Asks a Mac that is connected what it knows of handles, but for those of which it told lately. Without one, or without
 * its answer, nothing is known.
 */
export async function lookUp(
  context: CoreContext,
  caller: Caller,
  input: LookUpInput,
  repeatable?: Repeatable,
): Promise<{ results: LookedUp[]; answeredAt: number; replayed: boolean }> {
  const now = context.clock.now();
  const commandId = newId('cmd', now);
  const asked = input.phoneNumbers.map((written) => ({ written, handle: normaliseHandle(written) }));
  const handles = [...new Set(asked.flatMap(({ handle }) => handle ?? []))];
  const wanted = { caller, repeatable, input, resourceId: commandId, now };
  const outcome = await acceptOnce(context, wanted, async (tx) => {
    const where = handles.length === 0 ? undefined : await connectedLine(context, tx, caller, input.from);
    if (!where) return undefined;
    const lineId = where.line.id;
    // The same request may come again, and its command is what keeps its answer.
    const remembered = repeatable ? new Map() : rememberedOf(context, lineId, handles);
    const open = handles.filter((handle) => !remembered.has(handle));
    const found = { lineId, remembered };
    if (open.length === 0) return found;
    context.lookups.count(lineId, open.length);
    await orderCommand(tx, {
      id: commandId,
      agentId: where.agent.id,
      traceId: newId('trc', now),
      order: { type: 'lookup', handles: open },
      expiresAt: now + WAIT_MS,
      now,
    });
    return { ...found, agentId: where.agent.id };
  });
  const replayed = 'earlier' in outcome;
  const found: Asked = (replayed ? undefined : outcome.made) ?? { remembered: new Map() };
  if (found.agentId !== undefined) context.wakeups.command(found.agentId);
  const answer =
    replayed || found.agentId !== undefined
      ? await answerOf(context, replayed ? outcome.earlier : commandId)
      : undefined;
  const checkedAt = context.clock.now();
  const told = toldBy(answer, checkedAt);
  if (found.lineId !== undefined)
    for (const [handle, answered] of told) context.lookups.keep(found.lineId, handle, answered);
  const error = answer?.type === 'command.state' ? errorOf(answer.error) : null;
  const results = asked.map(({ written, handle }): LookedUp => {
    if (handle === undefined) return invalid(written, checkedAt);
    const remembered = found.remembered.get(handle);
    const known = remembered ?? told.get(handle);
    return {
      ...(known ? knownOf(handle, known) : nothingOf(handle, checkedAt, error)),
      cached: !!remembered,
    };
  });
  return { results, answeredAt: checkedAt, replayed };
}

/** What a lookup found before its Mac answers. */
interface Asked {
  lineId?: string;
  /** Of whom the Mac told lately. */
  remembered: ReadonlyMap<string, ToldAnswer>;
  /** Whose Mac is asked for the others. */
  agentId?: string;
}

const rememberedOf = (
  { lookups }: CoreContext,
  lineId: string,
  handles: readonly string[],
): Map<string, ToldAnswer> =>
  new Map(
    handles.flatMap((handle) => {
      const answer = lookups.find(lineId, handle);
      return answer ? [[handle, answer] as const] : [];
    }),
  );

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

/** What an answer says, by the handles as they are stored here. */
function toldBy(answer: AgentEvent | undefined, checkedAt: number): Map<string, ToldAnswer> {
  if (answer?.type !== 'lookup.answered') return new Map();
  return new Map(
    answer.results.flatMap(({ handle: written, imessage, source, seenAt }) => {
      const handle = normaliseHandle(written);
      const at = seenAt === null ? null : Date.parse(seenAt);
      return handle === undefined ? [] : [[handle, { imessage, source, seenAt: at, checkedAt }] as const];
    }),
  );
}

type Result = Omit<LookedUp, 'cached'>;

const knownOf = (phoneNumber: string, { imessage, ...known }: ToldAnswer): Result => ({
  phoneNumber,
  valid: true,
  ...known,
  imessage: imessage === 'unknown' ? null : imessage === 'yes',
  error: null,
});

const nothingOf = (phoneNumber: string, checkedAt: number, error: LookedUp['error']): Result => ({
  phoneNumber,
  valid: true,
  ...NOTHING,
  checkedAt,
  error,
});

const invalid = (phoneNumber: string, checkedAt: number): LookedUp => {
  const error = { code: 'invalid_phone_number', message: 'Neither a valid E.164 number nor an email' };
  return { phoneNumber, valid: false, ...NOTHING, checkedAt, cached: false, error };
};

const NOTHING = { imessage: null, source: 'none', seenAt: null } as const;

const errorOf = (error: { code: string; message: string } | undefined) =>
  error
    ? { code: error.code, message: error.message }
    : { code: 'unknown', message: 'The Mac gave no reason' };
