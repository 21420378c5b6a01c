import { expect, test } from 'vitest';
import type { Store } from '../../bridge/store/types.ts';
import { newAgent, newCommand, newMessage, T0, type World } from './store-rows.ts';

const DEADLINE = Date.parse(newCommand('').command.expiresAt);

/** What becomes of commands between two agents of a line, and past their deadline. */
export function commandsContract(at: () => { store: Store; all: World }): void {
  const append = async (agentId: string, count: number): Promise<string[]> => {
    const ids = [];
    for (let i = 0; i < count; i += 1) ids.push((await at().store.appendCommand(newCommand(agentId))).id);
    return ids;
  };
  const idsOf = async (agentId: string): Promise<[number, string][]> =>
    (await at().store.listCommands(agentId, 0, 100)).map(({ seq, id }) => [seq, id]);

  test('commands are taken by the newest session alone, and how far is kept', async () => {
    const { store, all } = at();
    const { id: agentId } = all.agent;
    const [first, second, third] = await append(agentId, 3);
    const sent = async () => (await store.findAgent(agentId))?.commandSent;
    expect(await store.takeCommands(agentId, 's1', 0, 2)).toBeUndefined();
    await store.openSession(agentId, { sessionId: 's1', journalId: 'j1', now: T0 });
    expect(await sent()).toBe(0);
    const take = async (session: string, after: number, limit: number) =>
      (await store.takeCommands(agentId, session, after, limit))?.map(({ id }) => id);
    expect(await take('s1', 0, 2)).toEqual([first, second]);
    expect(await sent()).toBe(2);
    expect(await take('s1', 0, 1)).toEqual([first]);
    expect(await sent()).toBe(2);
    await store.openSession(agentId, { sessionId: 's2', journalId: 'j1', now: T0 });
    expect(await take('s1', 2, 9)).toBeUndefined();
    expect(await take('s2', 2, 9)).toEqual([third]);
    expect(await take('s2', 3, 9)).toEqual([]);
    expect(await sent()).toBe(3);
    await store.revokeAgent(agentId, T0);
    expect(await take('s2', 0, 9)).toBeUndefined();
  });

  test('what was never sent moves to another agent, behind what that one has; the rest stays', async () => {
    const { store, all } = at();
    const { id: from } = all.agent;
    const other = newAgent(all.line, { commandSeq: 7, commandAck: 7, commandSent: 7 });
    await store.insertAgent(other);
    const ids = await append(from, 5);
    const own = await append(other.id, 1);
    await store.openSession(from, { sessionId: 's1', journalId: 'j1', now: T0 });
    await store.takeCommands(from, 's1', 0, 3);
    await store.advanceCommandAck(from, 1);
    expect(await store.moveUnsentCommands(from, other.id)).toBe(2);
    expect(await store.moveUnsentCommands(from, other.id)).toBe(0);
    expect(await idsOf(from)).toEqual(ids.slice(0, 3).map((id, i) => [i + 1, id]));
    expect(await idsOf(other.id)).toEqual([...own, ...ids.slice(3)].map((id, i) => [i + 8, id]));
    expect((await store.appendCommand(newCommand(other.id))).seq).toBe(11);
  });

  test('open is what was sent and has no end, acknowledged or not', async () => {
    const { store, all } = at();
    const { id: agentId } = all.agent;
    const messages = [newMessage(all), newMessage(all), newMessage(all), newMessage(all)];
    for (const message of messages) {
      await store.insertMessage(message);
      await store.appendCommand(newCommand(agentId, message.id));
    }
    const [first, second, third] = await store.listCommands(agentId, 0, 9);
    expect(await store.listOpenCommands(agentId)).toEqual([]);
    await store.openSession(agentId, { sessionId: 's1', journalId: 'j1', now: T0 });
    await store.takeCommands(agentId, 's1', 0, 3);
    await store.advanceCommandAck(agentId, 2);
    expect(await store.listOpenCommands(agentId)).toEqual([first, second, third]);
    await store.updateMessage(messages[1]?.id ?? '', { status: 'sent' });
    expect(await store.listOpenCommands(agentId)).toEqual([first, third]);
  });

  test('a revoked agent gets no command', async () => {
    const { store, all } = at();
    await store.revokeAgent(all.agent.id, T0);
    await expect(store.appendCommand(newCommand(all.agent.id))).rejects.toMatchObject({
      code: 'no_line_available',
    });
    expect(await store.findAgent(all.agent.id)).toMatchObject({ commandSeq: 0 });
  });

  test('commands are overdue from their deadline until they are settled, and then as they were settled', async () => {
    const { store, all } = at();
    const message = newMessage(all);
    await store.insertMessage(message);
    const made = await store.appendCommand(newCommand(all.agent.id, message.id));
    await append(all.agent.id, 2);
    const overdue = (now: number, limit = 9) => store.transaction((tx) => tx.lockOverdueCommands(now, limit));
    expect(await overdue(DEADLINE - 1)).toEqual([]);
    expect(await overdue(DEADLINE, 2)).toHaveLength(2);
    const agent = await store.findAgent(all.agent.id);
    expect(await overdue(DEADLINE)).toContainEqual({ command: made, agent });
    const voided = { ...made.command, expiresAt: '1970-01-01T00:00:00.000Z' };
    await store.settleCommand(made.id, DEADLINE, voided);
    expect((await overdue(DEADLINE)).map(({ command }) => command.seq)).toEqual([2, 3]);
    expect(await store.findCommand(made.id)).toEqual({ ...made, command: voided });
    const other = newAgent(all.line);
    await store.insertAgent(other);
    expect(await store.moveUnsentCommands(all.agent.id, other.id)).toBe(2);
    expect(await idsOf(all.agent.id)).toEqual([[1, made.id]]);
  });
}
