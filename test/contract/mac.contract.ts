import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Staging } from '../../agent/mac/staging.ts';
import type { Act, ActOutcome, Mac } from '../../agent/mac/types.ts';
import { eventually } from '../support/eventually.ts';
import { messageRows, type MessageRow as Row } from '../support/message-rows.ts';
import { tempFolder } from '../support/temp-folder.ts';

/** A Mac on which acts may be done, and the people to do them with. */
export interface ActingWorld {
  mac: Mac;
  staging: Staging;
  /** Path of its chat.db. */
  messagesDb: string;
  /** A handle that consents to get messages, and two more for a group; the group is left out without them. */
  friend: string;
  groupOf?: readonly [string, string];
  /** Kinds of acts that this release of macOS cannot do. */
  cannot: ReadonlySet<Act['kind']>;
  /** Conversations in which the dots are seen, where that can be asked. */
  typingIn?(): Promise<readonly string[]>;
  /** Makes the friend write, where that can be done from here. */
  receive?(text: string): Promise<unknown>;
  close(): Promise<void>;
}

const done: ActOutcome = { outcome: 'handed_over' };
const asBefore: ActOutcome = { outcome: 'handed_over', changed: false };
const refused = (...codes: string[]) => ({
  outcome: 'not_started',
  error: { code: expect.stringMatching(new RegExp(`^(${codes.join('|')})$`)) },
});

/** What every way to act on a Mac promises; each act is proved in chat.db. Each test stands alone. */
export function macContract(name: string, open: () => Promise<ActingWorld>): void {
  describe.concurrent(name, { timeout: 600_000 }, () => {
    let world: ActingWorld;
    let ground: Promise<Row> | undefined;
    const tag = randomUUID().slice(0, 8);

    beforeAll(async () => {
      world = await open();
    });
    afterAll(async () => {
      await world?.close();
    });

    const rows = (): Row[] => messageRows(world.messagesDb);
    const perform = (act: Act): Promise<ActOutcome> => world.mac.perform(`act_${randomUUID()}`, act);
    const conversation = () => ({ kind: 'direct', identifier: world.friend }) as const;
    const target = (row: Row) => ({ guid: row.guid, part: 0, text: row.text });
    const joined = (what: string, test: (row: Row) => boolean): Promise<Row> =>
      eventually(() => rows().find((row) => row.chat !== null && test(row)), { what });
    const ownTapback = (on: Row): number | undefined =>
      rows().findLast((row) => row.mine === 1 && row.on?.endsWith(on.guid))?.type;

    const send = async (text: string): Promise<Row> => {
      expect(await perform({ kind: 'send_text', handle: world.friend, text })).toEqual(done);
      return joined(`row of ${text}`, (row) => row.text === text && row.mine === 1);
    };
    /** A message that stands as it was sent, for whoever needs one. */
    const standing = (): Promise<Row> => {
      ground ??= send(`contract ${tag}`);
      return ground;
    };

    test.sequential('sends a text', async () => {
      expect(await standing()).toMatchObject({ chat: world.friend, error: 0 });
    });

    test.sequential('sends into a chat that Messages knows', async () => {
      const { chatGuid } = await standing();
      if (chatGuid === null) throw new Error('it has a chat');
      const text = `into the chat ${tag}`;
      expect(await perform({ kind: 'send_text', handle: world.friend, chat: chatGuid, text })).toEqual(done);
      expect(await joined('the row', (row) => row.text === text)).toMatchObject({ chatGuid, error: 0 });
    });

    test.sequential('sends a file, which shows as it was named', async () => {
      const source = path.join(tempFolder(), 'source');
      writeFileSync(source, `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Contract ${tag}\r\nEND:VCARD\r\n`);
      const actId = `act_${randomUUID()}`;
      const staged = await world.staging.stage(actId, { source, name: `card ${tag}.vcf` });
      const act = { kind: 'send_file', handle: world.friend, path: staged } as const;
      expect(await world.mac.perform(actId, act)).toEqual(done);
      const row = await joined('the file', (one) => one.file === `card ${tag}.vcf`);
      expect(row).toMatchObject({ chat: world.friend, mine: 1, error: 0 });
    });

    test.sequential('puts a tapback on a message, changes it, and takes it away; done twice it is done once', async () => {
      const sent = await standing();
      const react = (
        reaction: 'love' | 'laugh',
        action: 'add' | 'remove',
        standing: 'love' | 'laugh' | null,
      ) =>
        perform({
          kind: 'react',
          conversation: conversation(),
          target: target(sent),
          reaction,
          action,
          standing,
        });
      expect(await react('love', 'add', null)).toEqual(done);
      await eventually(() => ownTapback(sent) === 2000, { what: 'a heart' });
      expect(await react('love', 'add', 'love')).toEqual(asBefore);
      expect(ownTapback(sent)).toBe(2000);
      expect(await react('laugh', 'add', 'love')).toEqual(done);
      await eventually(() => ownTapback(sent) === 2003, { what: 'a laugh' });
      expect(await react('laugh', 'remove', 'laugh')).toEqual(done);
      await eventually(() => (ownTapback(sent) ?? 3003) >= 3000, { what: 'no laugh' });
      expect(await react('laugh', 'remove', null)).toEqual(asBefore);
    });

    test.sequential('replies in the thread of a message', async () => {
      const sent = await standing();
      const text = `reply ${tag}\nwith a second line`;
      expect(
        await perform({ kind: 'reply', conversation: conversation(), target: target(sent), text }),
      ).toEqual(done);
      const row = await joined('the reply', (one) => one.text === text);
      expect(row).toMatchObject({ thread: sent.guid, chat: world.friend, mine: 1 });
    });

    test.sequential('edits an own message', async () => {
      const mine = await send(`before ${tag}`);
      const text = `after ${tag}`;
      const outcome = await perform({
        kind: 'edit',
        conversation: conversation(),
        target: target(mine),
        text,
      });
      if (world.cannot.has('edit')) {
        expect(outcome).toMatchObject(refused('not_editable', 'ui_not_recognised'));
        return;
      }
      expect(outcome).toEqual(done);
      await eventually(() => rows().find((row) => row.guid === mine.guid)?.text === text, {
        what: 'the edit',
      });
    });

    test.sequential('takes an own message back, and no other', async () => {
      const sent = await standing();
      const goes = await send(`goes ${tag}`);
      const outcome = await perform({
        kind: 'unsend',
        conversation: conversation(),
        target: target(goes),
      });
      if (world.cannot.has('unsend')) {
        expect(outcome).toMatchObject(refused('not_editable', 'ui_not_recognised'));
        return;
      }
      expect(outcome).toEqual(done);
      await eventually(() => rows().find((row) => row.guid === goes.guid)?.text === '', {
        what: 'the unsend',
      });
      expect(rows().find((row) => row.guid === sent.guid)?.text).toBe(sent.text);
    });

    test.sequential('shows and hides the typing dots, and writes nothing', async () => {
      const sent = await standing();
      const before = rows().length;
      for (const state of ['on', 'off'] as const) {
        expect(
          await perform({ kind: 'typing', conversation: conversation(), anchor: target(sent), state }),
        ).toEqual(done);
        if (world.typingIn) expect(await world.typingIn()).toEqual(state === 'on' ? [world.friend] : []);
      }
      expect(rows()).toHaveLength(before);
    });

    test.sequential('marks a conversation as read, once', async () => {
      if (!world.receive) return;
      await world.receive(`unread ${tag}`);
      const inbound = await joined('the message', (row) => row.text === `unread ${tag}`);
      const read = () =>
        perform({ kind: 'mark_read', conversation: conversation(), anchor: target(inbound) });
      if (world.cannot.has('mark_read')) {
        expect(await read()).toMatchObject(refused('ui_not_recognised'));
        return;
      }
      expect(await read()).toEqual(done);
      await eventually(() => rows().find((row) => row.guid === inbound.guid)?.read === 1, {
        what: 'a read row',
      });
      expect(await read()).toEqual(asBefore);
    });

    test.sequential('makes a group by writing to it, and sends into it by its id', async () => {
      if (!world.groupOf) return;
      const text = `group ${tag}`;
      expect(await perform({ kind: 'create_group', participants: world.groupOf, text })).toEqual(done);
      const row = await joined('the first message', (one) => one.text === text);
      expect(row.chat).toMatch(/^chat|^[0-9a-f]{32}$/);
      expect(rows().filter((one) => one.text === text)).toHaveLength(1);
      const chat = row.chatGuid ?? '';
      expect(await perform({ kind: 'send_to_chat', chat, text: `again ${tag}` })).toEqual(done);
      expect(await joined('the second', (one) => one.text === `again ${tag}`)).toMatchObject({
        chatGuid: chat,
      });
    });

    test.sequential('sends with an effect', async () => {
      const sent = await standing();
      const text = `effect ${tag}`;
      const outcome = await perform({
        kind: 'send_effect',
        conversation: conversation(),
        anchor: target(sent),
        text,
        effect: 'confetti',
      });
      if (world.cannot.has('send_effect')) {
        expect(outcome).toMatchObject(refused('ui_not_recognised', 'unsupported_on_macos'));
        expect(rows().some((row) => row.text === text)).toBe(false);
        return;
      }
      expect(outcome).toEqual(done);
      const row = await joined('the effect', (one) => one.text === text);
      expect(row.effect).toBe('com.apple.messages.effect.CKConfettiEffect');
    });

    test.sequential('sees that there is no call, and ends none', async () => {
      const nothing = { joined: false, ringing: false, phone: false };
      expect(await perform({ kind: 'look_at_call' })).toEqual({ ...done, changed: false, value: nothing });
      expect(await perform({ kind: 'end_call' })).toEqual({ ...done, changed: false });
      expect(await perform({ kind: 'end_call', ringing: true })).toEqual({ ...done, changed: false });
    });

    test.sequential('acts on no message but the one that is named', async () => {
      const sent = await standing();
      const before = rows().length;
      const outcome = await perform({
        kind: 'react',
        conversation: conversation(),
        target: { guid: randomUUID().toUpperCase(), part: 0, text: sent.text },
        reaction: 'like',
        action: 'add',
        standing: null,
      });
      expect(outcome).toMatchObject(refused('wrong_conversation'));
      expect(rows()).toHaveLength(before);
    });
  });
}
