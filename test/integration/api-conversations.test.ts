import { afterAll, beforeAll, expect, test } from 'vitest';
import { actionWorld, HER } from '../support/action-world.ts';
import { type PostgresServer, postgresBinaries, startPostgres } from '../support/postgres.ts';

interface ConversationJson {
  participant: string;
  isGroup: boolean;
  groupId: string | null;
  lineId: string;
  messageCount: number;
  inboundCount: number;
  outboundCount: number;
  lastInboundAt: string | null;
  lastOutboundAt: string | null;
  lastMessage: { id: string; text: string; direction: string };
}

const binaries = await postgresBinaries();
let server: PostgresServer | undefined;
beforeAll(async () => {
  server = binaries && (await startPostgres(binaries));
});
afterAll(() => server?.stop());

test.for(['SQLite', 'Postgres'])(
  'on %s conversations are listed by participant, those of the newest messages first, page by page',
  async (kind, { skip }) => {
    if (kind === 'Postgres' && !server) skip('no Postgres for this platform');
    const world = await actionWorld({
      storeUrl: kind === 'SQLite' ? undefined : await server?.newDatabase(),
    });
    const { bridge, key, sandboxKey, agent } = world;
    const list = async (query = '', by = key) =>
      (
        await bridge.ask<{ data: ConversationJson[]; nextCursor: string | null }>(
          'GET',
          `/v1/conversations${query}`,
          { key: by },
        )
      ).json;
    expect(await list()).toMatchObject({ data: [], nextCursor: null });
    await world.received({ from: HER, text: 'one' });
    await world.received({ from: '+14155550102', text: 'two' });
    await world.received({ from: '+14155550103', group: 'chat7', text: 'three' });
    const last = await world.sent({ to: HER, text: 'four' });
    const { data } = await list();
    expect(data.map(({ lastMessage }) => lastMessage.text)).toEqual(['four', 'three', 'two']);
    expect(data[0]).toMatchObject({
      ...{ participant: HER, isGroup: false, groupId: null, lineId: agent.line.id },
      ...{ messageCount: 2, inboundCount: 1, outboundCount: 1 },
      lastMessage: { id: last.id, direction: 'outbound' },
    });
    expect(data[1]).toMatchObject({ isGroup: true, inboundCount: 1, lastOutboundAt: null });
    expect(data[1]?.participant).toBe(data[1]?.groupId);

    const pages: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await list(`?limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`);
      pages.push(...page.data.map(({ lastMessage }) => lastMessage.text));
      cursor = page.nextCursor;
    }
    expect(pages).toEqual(['four', 'three', 'two']);
    for (const named of [encodeURIComponent(HER), HER, `${data[1]?.groupId}`])
      expect((await list(`?participant=${named}`)).data).toHaveLength(1);
    expect((await list('?participant=%2B14155550199')).data).toEqual([]);
    expect((await list('', sandboxKey)).data).toEqual([]);
    const bad = await bridge.ask('GET', '/v1/conversations?cursor=x', { key });
    expect([bad.status, bad.json.error.code]).toEqual([400, 'invalid_parameter_value']);
  },
);
