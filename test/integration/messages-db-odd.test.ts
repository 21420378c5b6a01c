import { renameSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { encodeAttributedBody } from '../../agent/messages-db/typedstream.ts';
import { LINK_BALLOON } from '../../agent/virtual-mac/messages-store/payloads.ts';
import { type Clock, systemClock } from '../../bridge/runtime/clock.ts';
import { ChatDbWriter } from '../support/chat-db-writer.ts';
import { eventually } from '../support/eventually.ts';
import { ANNA, BEN, tailBed } from '../support/tail-bed.ts';
import { Keeper, startTail } from '../support/tail-reader.ts';
import { tempFolder } from '../support/temp-folder.ts';

const HOUR = 3_600_000;

/** The clock of the machine, set ahead or back. */
class JumpingSystemClock implements Clock {
  ahead = 0;
  now = (): number => systemClock.now() + this.ahead;
  after = systemClock.after;
  every = systemClock.every;
  sleep = systemClock.sleep;
}

describe('a row as Messages does not write it', () => {
  test('with words for bytes, and bytes for words, stops nothing', async () => {
    const { messages, toldBefore } = await tailBed();
    messages.receive(ANNA, '', ANNA, { columns: { attributedBody: 'words', text: 'the copy' } });
    messages.receive(ANNA, '', ANNA, { columns: { attributedBody: 7, text: Buffer.from('bytes') } });
    messages.receive(ANNA, 'edited', ANNA, { columns: { date_edited: 1, message_summary_info: 'words' } });
    messages.receive(ANNA, 'link', ANNA, {
      columns: { balloon_bundle_id: LINK_BALLOON, payload_data: 'bplist00', date: 'yesterday' },
    });
    const texts = (await toldBefore()).flatMap((one) => (one.kind === 'received' ? [one.text] : []));
    expect(texts).toEqual(['the copy', 'edited', 'link']);
  });

  test('whose own copy names the peer as its line makes no note to oneself of what the peer writes', async () => {
    const { messages, told, keeper } = await tailBed();
    const peer = { destination_caller_id: ANNA, is_sent: 1 };
    messages.send(ANNA, 'mine', { columns: peer });
    await told(1);
    const tail = startTail(messages.path, keeper);
    onTestFinished(() => tail.kill());
    messages.receive(ANNA, 'hers', ANNA, { columns: { destination_caller_id: null } });
    const hers = await eventually(() => keeper.changes.find((one) => one.kind === 'received'));
    expect(hers).not.toHaveProperty('toSelf');
  });

  test('that says nothing for minutes is told when it does, or not at all', async () => {
    const { messages, toldBefore, clock, told } = await tailBed();
    const guid = messages.receive(ANNA, '', ANNA, { text: null });
    messages.receive(BEN, '', BEN, { text: null });
    expect(await toldBefore()).toEqual([]);
    clock.skipTo(clock.now() + 120_000);
    expect(await toldBefore()).toEqual([]);
    messages.update(guid, { attributedBody: encodeAttributedBody({ text: 'at last' }) });
    await told(3);
    clock.skipTo(clock.now() + 600_000);
    expect(await toldBefore()).toMatchObject([{ kind: 'received', guid, text: 'at last' }]);
  });

  test('with the mark of an attachment that a person wrote is told at once', async () => {
    const { messages, told } = await tailBed();
    const text = 'an \uFFFC of my own';
    messages.receive(ANNA, '', ANNA, { columns: { attributedBody: encodeAttributedBody({ text }) } });
    expect(await told(1)).toMatchObject([{ kind: 'received', text }]);
  });
});

test('an own row that got its chat after it was delivered is told as delivered', async () => {
  const { messages, told } = await tailBed();
  const guid = messages.message({ fromMe: true, text: 'mine', columns: { is_sent: 1, is_delivered: 1 } });
  expect(await told(1)).toMatchObject([{ state: 'sent' }]);
  messages.join(guid, ANNA);
  expect((await told(2))[1]).toMatchObject({ guid, state: 'delivered' });
});

test('what came while the clock was two days behind, and nobody watched, is told when it is right again', async () => {
  const file = path.join(tempFolder(), 'chat.db');
  const messages = new ChatDbWriter(file);
  const clock = new JumpingSystemClock();
  const keeper = new Keeper();
  const isTold = (text: string): boolean =>
    keeper.changes.some((change) => change.kind === 'received' && change.text === text);
  let tail = startTail(file, keeper, { clock });
  onTestFinished(async () => {
    await tail.kill();
    messages.close();
  });
  await eventually(() => keeper.batches > 0);
  messages.receive(ANNA, 'before', ANNA, { at: clock.now() });
  await eventually(() => isTold('before'));

  clock.ahead = -48 * HOUR;
  messages.receive(ANNA, 'then', ANNA, { at: clock.now() });
  await eventually(() => isTold('then'));
  await tail.kill();
  messages.receive(ANNA, 'missed', ANNA, { at: clock.now() });
  clock.ahead = 0;
  tail = startTail(file, keeper, { clock });
  await eventually(() => isTold('missed'));
});

test('a clock that is set back by an hour holds up nothing', async () => {
  const file = path.join(tempFolder(), 'chat.db');
  const messages = new ChatDbWriter(file);
  const clock = new JumpingSystemClock();
  const keeper = new Keeper();
  const tail = startTail(file, keeper, { clock });
  const other = new ChatDbWriter(path.join(tempFolder(), 'chat.db'));
  onTestFinished(async () => {
    await tail.kill();
    messages.close();
    other.close();
  });
  const isTold = (text: string): boolean =>
    keeper.changes.some((change) => change.kind === 'received' && change.text === text);
  await eventually(() => keeper.batches > 0);
  const own = messages.send(ANNA, 'mine', { at: clock.now() });
  messages.db.transaction(() => {
    for (let i = 0; i < 310; i += 1) messages.receive(BEN, `text ${i}`, BEN, { at: clock.now() });
  })();
  await eventually(() => isTold('text 309'));
  messages.message({ from: ANNA, text: 'orphan', at: clock.now() });
  messages.receive(ANNA, 'seen', ANNA, { at: clock.now() });
  await eventually(() => isTold('seen'));

  clock.ahead = -HOUR;
  messages.sent(own);
  await eventually(() => keeper.changes.some((change) => change.kind === 'own-state'));
  expect(isTold('orphan')).toBe(false);
  clock.ahead += 11_000;
  await eventually(() => isTold('orphan'));

  clock.ahead -= HOUR;
  other.receive(ANNA, 'in another file', ANNA, { at: clock.now() });
  other.db.pragma('wal_checkpoint(TRUNCATE)');
  renameSync(other.path, file);
  await eventually(() => isTold('in another file'));
});
