import { describe, expect, test } from 'vitest';
import type { Store } from '../../bridge/store/types.ts';
import type { StoreUnderTest } from './store.contract.ts';
import { deliver, id, newAgent, newCommand, newMessage, newWebhook, T0, world } from './store-rows.ts';

/** What two processes that share a database must not do to each other. */
export function concurrencyContract(under: StoreUnderTest): void {
  const pair = async (): Promise<[Store, Store]> => {
    const url = await under.newUrl();
    return Promise.all([under.open(url), under.open(url)]);
  };
  const pick = (stores: [Store, Store], i: number): Store => stores[i % 2 === 0 ? 0 : 1];

  describe('two stores on one database', () => {
    test('number the commands of an agent without gap or repeat', async () => {
      const stores = await pair();
      const { agent } = await world(stores[0]);
      const made = await Promise.all(
        Array.from({ length: 60 }, (_, i) => pick(stores, i).appendCommand(newCommand(agent.id))),
      );
      const expected = Array.from({ length: 60 }, (_, i) => i + 1);
      expect(made.map((command) => command.seq).sort((a, b) => a - b)).toEqual(expected);
      const listed = await stores[1].listCommands(agent.id, 0, 100);
      expect(listed.map((command) => command.seq)).toEqual(expected);
    });

    test('send a command to one agent alone while another takes its place', async () => {
      for (let round = 0; round < 5; round += 1) {
        const stores = await pair();
        const { agent, line } = await world(stores[0]);
        for (let i = 0; i < 10; i += 1) await stores[0].appendCommand(newCommand(agent.id));
        await stores[0].openSession(agent.id, { sessionId: 's', journalId: 'j', now: T0 });
        const other = newAgent(line);
        const replace = stores[1].transaction(async (tx) => {
          await tx.revokeAgentsOfLine(line.id, T0);
          await tx.insertAgent(other);
          return tx.moveUnsentCommands(agent.id, other.id);
        });
        const taken: string[] = [];
        for (let seq = 0; ; seq += 2) {
          const batch = await stores[0].takeCommands(agent.id, 's', seq, 2);
          if (!batch?.length) break;
          taken.push(...batch.map((command) => command.id));
        }
        const moved = await replace;
        const held = (await stores[0].listCommands(other.id, 0, 100)).map((command) => command.id);
        expect(held).toHaveLength(moved);
        expect(new Set([...taken, ...held]).size).toBe(10);
        expect(taken.length + held.length).toBe(10);
      }
    });

    test('give an enrolment token to one caller alone', async () => {
      const stores = await pair();
      const { account } = await world(stores[0]);
      for (let round = 0; round < 5; round += 1) {
        const hash = id('hash');
        await stores[0].insertEnrolmentToken({
          hash,
          accountId: account.id,
          createdAt: T0,
          expiresAt: T0 + 1,
          usedAt: null,
        });
        const won = await Promise.all(
          Array.from({ length: 10 }, (_, i) => pick(stores, i).useEnrolmentToken(hash, T0)),
        );
        expect(won.filter((token) => token !== undefined)).toHaveLength(1);
      }
    });

    test('count an event of a session once', async () => {
      const stores = await pair();
      const { agent } = await world(stores[0]);
      await stores[0].openSession(agent.id, { sessionId: 's', journalId: 'j', now: T0 });
      for (let seq = 1; seq <= 5; seq += 1) {
        const counted = await Promise.all(
          Array.from({ length: 6 }, (_, i) => pick(stores, i).advanceEventSeq(agent.id, 's', seq)),
        );
        expect(counted.filter(Boolean)).toHaveLength(1);
      }
    });

    test('make one conversation for one participant', async () => {
      const stores = await pair();
      const { conversation } = await world(stores[0]);
      const found = await Promise.all(
        Array.from({ length: 12 }, (_, i) =>
          pick(stores, i).findOrCreateConversation({
            ...conversation,
            id: id('cnv'),
            participant: 'her@example.com',
          }),
        ),
      );
      expect(new Set(found.map((one) => one.id)).size).toBe(1);
    });

    test('lease every delivery once, and those of a key in order', async () => {
      const stores = await pair();
      const { account } = await world(stores[0]);
      const webhook = newWebhook(account.id);
      await stores[0].insertWebhook(webhook);
      const born: Record<string, string[]> = {};
      await stores[0].transaction(async (tx) => {
        for (let i = 0; i < 120; i += 1) {
          const key = `k${i % 7}`;
          const delivery = await deliver(tx, webhook, key);
          born[key] = [...(born[key] ?? []), delivery.id];
        }
      });
      const leased: Record<string, string[]> = {};
      let open = 120;
      const worker = async (store: Store): Promise<void> => {
        while (open > 0) {
          for (const { delivery } of await store.leaseDueDeliveries(T0, 60_000, 3)) {
            leased[delivery.orderingKey] = [...(leased[delivery.orderingKey] ?? []), delivery.id];
            await store.finishDelivery(delivery.id, {
              state: 'delivered',
              attempts: 1,
              nextAttemptAt: T0,
              lastStatus: 200,
            });
            open -= 1;
          }
        }
      };
      await Promise.all([worker(stores[0]), worker(stores[1]), worker(stores[0]), worker(stores[1])]);
      expect(leased).toEqual(born);
    });

    test('let rules over many rows of an account hold: one after the other within lockAccount', async () => {
      const stores = await pair();
      const { account } = await world(stores[0]);
      const atMost = (store: Store, most: number) =>
        store.transaction(async (tx) => {
          expect(await tx.lockAccount(account.id)).toEqual(account);
          const present = await tx.listWebhooks(account.id, 'live');
          if (present.length < most) await tx.insertWebhook(newWebhook(account.id));
        });
      await Promise.all(Array.from({ length: 20 }, (_, i) => atMost(pick(stores, i), 3)));
      expect(await stores[1].listWebhooks(account.id, 'live')).toHaveLength(3);
      expect(await stores[1].lockAccount('acc_none')).toBeUndefined();
    });

    test('end a mix of transactions over the same rows without deadlock or loss', async () => {
      const stores = await pair();
      const all = await world(stores[0]);
      await Promise.all(
        Array.from({ length: 30 }, (_, i) =>
          pick(stores, i).transaction(async (tx) => {
            const message = newMessage(all);
            await tx.insertMessage(message);
            const command = newCommand(all.agent.id, message.id);
            await tx.appendCommand(command);
            await tx.findMessageByCommand(command.id);
            await tx.updateMessage(message.id, { status: 'sent' });
          }),
        ),
      );
      const filter = { accountId: all.account.id, mode: 'live', status: 'sent' } as const;
      const { messages } = await stores[1].listMessages(filter, { limit: 100, cursor: undefined });
      expect(messages).toHaveLength(30);
    });

    test('may both bring an empty database up to date', async () => {
      const url = await under.newUrl();
      const stores = await Promise.all(Array.from({ length: 4 }, () => under.open(url)));
      for (const store of stores) expect(await store.listAccounts()).toEqual([]);
    });
  });
}
