import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { askVirtualMac } from '../../agent/virtual-mac/control-client.ts';
import { BuiltAgent } from '../support/built-agent.ts';
import { builtRelay } from '../support/built-relay.ts';
import { ChatDbWriter } from '../support/chat-db-writer.ts';
import { eventually } from '../support/eventually.ts';

const PEOPLE = ['+14155550101', '+14155550102', '+14155550106', '+14155550107', '+14155550108'] as const;
const STRANGER = '+14155550109';

interface ShownLine {
  status: string;
  health: string;
  ban: { status: string; reason: string | null };
}

test('a line whose messages fail in a row may be banned: customers see it, only replies leave, the operator is told', {
  timeout: 240_000,
}, async () => {
  const { homes, lineId, cli, ask, ownRows } = await builtRelay();
  const agent = new BuiltAgent(homes);
  onTestFinished(async () => void (await agent.kill()));
  const inChatDb = (sql: string): void => {
    const writer = new ChatDbWriter(path.join(homes.mac, 'Library', 'Messages', 'chat.db'));
    writer.db.function('verify_chat', (guid) => guid as string);
    writer.db.exec(sql);
    writer.close();
  };
  const send = (to: string) =>
    ask<{ id: string; error?: { code: string } }>('POST', '/v1/messages', { to, text: 'hi', from: lineId });
  const line = async () => (await ask<ShownLine>('GET', `/v1/lines/${lineId}`)).json;
  await eventually(async () => (await line()).status === 'warming', { within: 60_000, what: 'the line' });
  expect(await line()).toMatchObject({ ban: { status: 'none' } });

  inChatDb(`
    CREATE TRIGGER fails AFTER INSERT ON message WHEN NEW.is_from_me = 1
      BEGIN UPDATE message SET error = 3 WHERE ROWID = NEW.ROWID; END;
    CREATE TRIGGER stays BEFORE UPDATE ON message WHEN OLD.error = 3
      BEGIN SELECT RAISE(IGNORE); END`);
  for (const to of PEOPLE) expect((await send(to)).status).toBe(202);
  await eventually(async () => (await line()).status === 'paused', { within: 90_000, what: 'the suspicion' });
  expect(await line()).toMatchObject({
    health: 'critical',
    ban: { status: 'suspected', reason: '5 messages in a row were not delivered' },
  });
  const refused = await send(STRANGER);
  expect([refused.status, refused.json.error?.code]).toEqual([409, 'line_unavailable']);
  expect((await cli('pace')).stdout).toMatch(
    /health {4}critical: 5 messages in a row[\s\S]*paused {4}only replies leave/,
  );
  // Whoever writes is answered.
  inChatDb('DROP TRIGGER fails; DROP TRIGGER stays');
  await askVirtualMac(homes.mac, { call: 'receive', from: PEOPLE[0], text: 'hello?' });
  await eventually(async () => (await send(PEOPLE[0])).status === 202, {
    within: 60_000,
    every: 500,
    what: 'that it may be answered',
  });
  await eventually(() => ownRows().length === PEOPLE.length + 1, { within: 60_000, what: 'the reply' });
});
